"""Numbers from numbers: medians, spreads and ratios; pure."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import cache
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
# Above this a modified z-score stands out (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993, page 12).
OUTLYING = 3.5
# The median of the absolute deviations is that many times the standard deviation of a normal distribution.
MAD_PER_DEVIATION = 0.6745


@dataclass(frozen=True)
class Estimate:
    """A number and the interval that holds the true one with a probability of 95 %."""

    value: float
    low: float
    high: float


def estimate(values: Sequence[float]) -> Estimate:
    """Return the median with its bootstrap interval; of at least one value."""
    return _estimate(tuple(values))


@cache
def _estimate(values: tuple[float, ...]) -> Estimate:
    """Work an interval out once: table, statements, pictures and page ask for the same ones."""
    return _bounded(median(values), _medians(values, SEED))


def ratio(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """Return how many times the median of `above` is that of `below`, with an interval in which both vary."""
    return _ratio(tuple(above), tuple(below))


@cache
def _ratio(above: tuple[float, ...], below: tuple[float, ...]) -> Estimate:
    return _bounded(median(above) / median(below), _medians(above, SEED) / _medians(below, SEED + 1))


def _medians(values: Sequence[float], seed: int) -> FloatArray:
    """Draw as many values as there are, with putting back, again and again; return the median of each draw."""
    medians: FloatArray = np.median(np.asarray(values, float)[_drawn(len(values), seed)], axis=1)
    return medians


@cache
def _drawn(count: int, seed: int) -> NDArray[np.intp]:
    """Return which of so many values each draw takes."""
    return np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))


def _bounded(value: float, resampled: FloatArray) -> Estimate:
    low, high = np.quantile(resampled, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high))


def serial_fraction(speed_up: Estimate, workers: int) -> Estimate:
    """Return what share of the work does not spread over workers, by Amdahl's law turned round.

    This is Karp and Flatt's metric (Measuring Parallel Processor Performance, Communications of the ACM 33, 1990):
    (1 / speed-up - 1 / workers) / (1 - 1 / workers), for two workers or more. Below 0 the gain was more than ideal.
    """

    def of(gain: float) -> float:
        return (1 / gain - 1 / workers) / (1 - 1 / workers)

    return Estimate(of(speed_up.value), of(speed_up.high), of(speed_up.low))


def significance(before: Sequence[float], after: Sequence[float]) -> float:
    """Return how probable a difference like this one is when nothing changed: Welch's test on the logarithms.

    Times cannot be negative and vary in proportion, hence the logarithms; of at least two values each.
    """
    from scipy.stats import ttest_ind  # noqa: PLC0415 (would slow every command down that starts)

    if len(set(before)) == len(set(after)) == 1:
        return float(before[0] == after[0])
    return float(ttest_ind(np.log(before), np.log(after), equal_var=False).pvalue)


def adjusted(probabilities: Sequence[float]) -> list[float]:
    """Make room for chance where many differences are looked at together (Benjamini and Hochberg, 1995)."""
    from scipy.stats import false_discovery_control  # noqa: PLC0415 (as above)

    return [float(each) for each in false_discovery_control(probabilities)] if probabilities else []


def outlying(values: Sequence[float]) -> list[bool]:
    """Tell of each value whether it stands out from the others, by its modified z-score."""
    deviations = np.abs(np.asarray(values, float) - np.median(values))
    scale = float(np.median(deviations))
    return [bool(MAD_PER_DEVIATION * each > OUTLYING * scale) for each in deviations]


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


def utilisation(wall_ns: int, user_ns: int, sys_ns: int) -> float:
    """Return how many processors a program kept busy on average."""
    return (user_ns + sys_ns) / wall_ns
