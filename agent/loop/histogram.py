"""A histogram as Prometheus has them: how many values were no greater than each of a few limits."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

# Milliseconds, each about twice the one before: from a fast detector to a cluttered picture on a slow board.
AGE_LIMITS_MS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)


class Histogram:
    """Counts values, however many, in the memory of a few numbers."""

    def __init__(self, limits: tuple[float, ...] = AGE_LIMITS_MS) -> None:
        self.limits = limits
        self._counts = [0] * (len(limits) + 1)
        self.sum = 0.0
        self.greatest = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self.limits, value)] += 1
        self.sum += value
        self.greatest = max(self.greatest, value)

    def up_to(self) -> list[int]:
        """Return how many values were no greater than each limit, and at last how many there were."""
        return list(accumulate(self._counts))
