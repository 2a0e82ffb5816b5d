"""Numbers from numbers: medians, spreads and ratios; pure."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_FOR_QUARTILES = 2


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of the middle half; of a single value, that value twice."""
    if len(values) < FEWEST_FOR_QUARTILES:
        return values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def spread(values: Sequence[float]) -> float:
    """Return how wide the middle half is, as a share of the median."""
    low, high = quartiles(values)
    return (high - low) / median(values)


def speed_ups(one_worker_ns: Sequence[float], several_ns: Sequence[float]) -> list[float]:
    """Return how many times faster each run was than the median of one worker."""
    base_ns = median(one_worker_ns)
    return [base_ns / each_ns for each_ns in several_ns]


def utilisation(wall_ns: int, user_ns: int, sys_ns: int) -> float:
    """Return how many processors a program kept busy on average."""
    return (user_ns + sys_ns) / wall_ns
