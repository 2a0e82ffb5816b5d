"""Which values stand out from those of their like, and whether they fall into two groups; pure.

Boards of one kind are taken to differ by two hundredths when all is well, or by as much as they do if that is more.
Everything is worked out on logarithms, because slow boards are slow in proportion.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# The deviation of healthy boards of one kind among themselves, as a share of a time.
BOARD_TO_BOARD = 0.02
# The median of the absolute deviations is that share of the standard deviation of a normal distribution.
MAD_PER_DEVIATION = 0.6745
# By what it is too small in samples of 2 to 9 values (Croux and Rousseeuw, Time-Efficient Algorithms for Two Highly
# Robust Estimators of Scale, COMPSTAT 1992); n / (n - 0.8) for more.
SMALL_SAMPLE = {2: 1.196, 3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107}
# A median varies by so much more than a mean of as many values does.
MEDIAN_VARIANCE = math.pi / 2
# In a group are at least so many, and more than this share of all: fewer stand out, each by itself.
SMALLEST_GROUP, SMALLEST_SHARE = 2, 0.25
# The steps of the integral over the normal distribution, and how far it reaches.
STEPS, REACH = 2001, 8.0


@dataclass(frozen=True)
class Split:
    """Values that fall into two groups: how many are in the lower one, how probable the gap is by chance."""

    lower: int
    probability: float


def oddness(logs: Sequence[float], noise: float) -> list[float]:
    """Return of each of at least three values how probable it is by chance that it is so far from the others.

    It is a robust z-score of each value against the median of the others (Iglewicz and Hoaglin, How to Detect and
    Handle Outliers, 1993), whose scale is that of healthy boards or, if that is larger, their own. `noise` is how far
    each value by itself is uncertain.
    """
    values = np.asarray(logs, float)
    return [_oddness(value, np.delete(values, place), noise) for place, value in enumerate(values)]


def _oddness(value: float, others: FloatArray, noise: float) -> float:
    middle = float(np.median(others))
    variance = max(deviation(others - middle), math.hypot(BOARD_TO_BOARD, noise)) ** 2
    error = math.sqrt(variance * (1 + MEDIAN_VARIANCE / len(others)))
    return math.erfc(abs(value - middle) / error / math.sqrt(2))


def deviation(around_median: FloatArray) -> float:
    """Estimate the standard deviation of at least two values by the median of their distances from their median."""
    count = len(around_median)
    factor = SMALL_SAMPLE.get(count, count / (count - 0.8))
    return factor * float(np.median(np.abs(around_median))) / MAD_PER_DEVIATION


def split(logs: Sequence[float], noise: float) -> Split | None:
    """Find the widest gap between two groups, and how probable one as wide is; nothing if there can be no two groups.

    Of n values of a normal distribution the i-th and the next are more than g apart with the probability
    n C(n-1, i-1) ∫ f(x) F(x)^(i-1) (1 - F(x+g))^(n-i) dx (David and Nagaraja, Order Statistics, 2003, section 2.3),
    summed up over all places where the two groups may part. The deviation is that of healthy boards or, if that is
    larger, what is left within the groups.
    """
    ordered = np.sort(np.asarray(logs, float))
    least = max(SMALLEST_GROUP, math.floor(SMALLEST_SHARE * len(ordered)) + 1)
    places = range(least, len(ordered) - least + 1)
    if not places:
        return None
    place = max(places, key=lambda each: float(ordered[each] - ordered[each - 1]))
    deviation = max(math.hypot(BOARD_TO_BOARD, noise), _within(ordered[:place], ordered[place:]))
    gap = float(ordered[place] - ordered[place - 1]) / deviation
    return Split(place, min(1.0, sum(_gap_chance(len(ordered), each, gap) for each in places)))


def _within(lower: FloatArray, upper: FloatArray) -> float:
    squares = sum(float(np.sum((each - each.mean()) ** 2)) for each in (lower, upper))
    return math.sqrt(squares / (len(lower) + len(upper) - 2))


def _gap_chance(count: int, place: int, gap: float) -> float:
    """Return how probable it is that after so many of the ordered values there is a gap of so many deviations."""
    from scipy.special import gammaln, log_ndtr  # noqa: PLC0415 (would slow every command down that starts)

    at = np.linspace(-REACH, REACH, STEPS)
    ways = gammaln(count + 1) - gammaln(place) - gammaln(count - place + 1)
    density = -(at**2) / 2 - math.log(2 * math.pi) / 2
    logs = ways + density + (place - 1) * log_ndtr(at) + (count - place) * log_ndtr(-at - gap)
    return float(np.trapezoid(np.exp(logs), at))
