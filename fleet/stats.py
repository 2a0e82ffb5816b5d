"""Numbers from numbers: medians, spreads and ratios; pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

FEWEST_FOR_QUARTILES = 2
# The percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). The same numbers
# give the same interval each time: the draws begin with the same seed.
RESAMPLES = 9999
CONFIDENCE = 0.95
SEED = 1


@dataclass(frozen=True)
class Estimate:
    """A number and the interval that holds the true one with a probability of 95 %."""

    value: float
    low: float
    high: float


def estimate(values: Sequence[float]) -> Estimate:
    """Return the median with its bootstrap interval; of at least one value."""
    return _bounded(median(values), _medians(values, np.random.default_rng(SEED)))


def ratio(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """Return how many times the median of `above` is that of `below`, with an interval in which both vary."""
    draws = np.random.default_rng(SEED)
    return _bounded(median(above) / median(below), _medians(above, draws) / _medians(below, draws))


def _medians(values: Sequence[float], draws: np.random.Generator) -> FloatArray:
    """Draw as many values as there are, with putting back, again and again; return the median of each draw."""
    medians: FloatArray = np.median(draws.choice(np.asarray(values, float), (RESAMPLES, len(values))), axis=1)
    return medians


def _bounded(value: float, resampled: FloatArray) -> Estimate:
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high))


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
