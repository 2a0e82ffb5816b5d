"""Numbers from numbers: medians, spreads and ratios; pure."""

from __future__ import annotations

import statistics
import warnings
from dataclasses import dataclass
from functools import lru_cache
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
# So many intervals are remembered, and so many numbers drawn at once: what one board sends must not fill the memory.
MOST_KEPT = 512
MOST_DRAWN = 1_000_000
# Above this a modified z-score stands out (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993, page 12).
OUTLYING = 3.5
# The median of the absolute deviations is that many times the standard deviation of a normal distribution.
MAD_PER_DEVIATION = 0.6745


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % confidence interval."""

    value: float
    low: float
    high: float


def estimate(values: Sequence[float]) -> Estimate:
    """Return the median with its bootstrap interval; of at least one value."""
    return _estimate(tuple(values))


@lru_cache(MOST_KEPT)
def _estimate(values: tuple[float, ...]) -> Estimate:
    """Work an interval out once: table, statements, pictures and page ask for the same ones."""
    return _bounded(median(values), _medians(values, SEED))


def ratio(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """Return how many times the median of `above` is that of `below`, with an interval in which both vary."""
    return _ratio(tuple(above), tuple(below))


@lru_cache(MOST_KEPT)
def _ratio(above: tuple[float, ...], below: tuple[float, ...]) -> Estimate:
    return _bounded(median(above) / median(below), _medians(above, SEED) / _medians(below, SEED + 1))


def _medians(values: Sequence[float], seed: int) -> FloatArray:
    """Draw as many values as there are, with putting back, again and again; return the median of each draw."""
    ordered = np.sort(np.asarray(values, float))
    below, above = _middle(len(values), seed)
    medians: FloatArray = (ordered[below] + ordered[above]) / 2
    return medians


@lru_cache(MOST_KEPT)
def _middle(count: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the ranks of the two values in the middle of each draw: they are the same for any values of this count."""
    draws = np.random.default_rng(seed)
    pairs = []
    for begin in range(0, RESAMPLES, at_once := max(1, MOST_DRAWN // count)):
        drawn = draws.integers(0, count, (min(at_once, RESAMPLES - begin), count))
        middle = np.partition(drawn, [(count - 1) // 2, count // 2], axis=1)
        pairs.append(middle[:, [(count - 1) // 2, count // 2]])
    ranks: NDArray[np.intp] = np.concatenate(pairs)
    return ranks[:, 0], ranks[:, 1]


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

    logs = np.log(before), np.log(after)
    if all(np.ptp(each) == 0 for each in logs):
        return float(logs[0][0] == logs[1][0])
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # values that hardly vary are what clocks of a kernel give
        return float(ttest_ind(*logs, equal_var=False).pvalue)


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
