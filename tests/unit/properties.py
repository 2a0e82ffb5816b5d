"""How Hypothesis looks for counter-examples here: on a computer that has much else to do, nothing is too slow."""

from hypothesis import HealthCheck, settings

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
