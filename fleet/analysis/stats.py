"""Numbers from numbers: medians, spreads and ratios; pure."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from collections.abc import Sequence

FEWEST_FOR_SPREAD = 2
CONFIDENCE = 0.95
# What holds the true value in fewer than three of four runs is the range of the values, and no interval.
LEAST_LEVEL = 0.75
# So many levels are remembered: one for each count of runs.
MOST_KEPT = 512


@dataclass(frozen=True)
class Estimate:
    """A number and its interval, which holds the true one in at least the share `level` of all runs like this one."""

    value: float
    low: float
    high: float
    level: float = CONFIDENCE

    @property
    def is_interval(self) -> bool:
        """Tell whether there were enough values for an interval; otherwise it is no more than their range."""
        return self.level >= LEAST_LEVEL

    @property
    def name(self) -> LazyText:
        """Name what lies from low to high, with the level that it keeps: at most 95 %, rounded down."""
        if not self.is_interval:
            return lazy("range (too few runs for a confidence interval)")
        return lazy("{level} % confidence interval", level=int(100 * min(self.level, CONFIDENCE) + 1e-9))


def estimate(values: Sequence[float]) -> Estimate:
    """Return the median with its interval; of at least one value.

    The interval ends at two of the ordered values, the k-th from below and the k-th from above. That it misses the true
    median has a probability that no distribution can raise (the sign test turned round: David and Nagaraja, Order
    Statistics, 2003, section 7.1), so its level is exact: 95 % need six values, and five give 93.75 %.
    """
    place, level = _place(len(values), CONFIDENCE)
    return _bounded(values, place, level)


def ratio(above: Sequence[float], below: Sequence[float]) -> Estimate:
    """Return how many times the median of `above` is that of `below`, with an interval in which both vary.

    Both medians lie in their intervals with the product of the two levels, for they are independent; so does then their
    quotient between the quotients of the ends. Of at least one value each, and positive ones.
    """
    each = math.sqrt(CONFIDENCE)
    one, other = (_bounded(values, *_place(len(values), each)) for values in (above, below))
    return Estimate(one.value / other.value, one.low / other.high, one.high / other.low, one.level * other.level)


@lru_cache(MOST_KEPT)
def _place(count: int, wanted: float) -> tuple[int, float]:
    """Return how far inside the ends lie, from 0 on, so that the wanted level is kept, and the level; 0 keeps most."""
    place, outside = 0, Fraction(2, 2**count)
    while (more := outside + Fraction(2 * math.comb(count, place + 1), 2**count)) <= 1 - Fraction(wanted):
        place, outside = place + 1, more
    return place, float(1 - outside)


def _bounded(values: Sequence[float], place: int, level: float) -> Estimate:
    ordered = sorted(values)
    return Estimate(median(values), ordered[place], ordered[-1 - place], level)


def serial_fraction(speed_up: Estimate, workers: int) -> Estimate:
    """Return what share of the work does not spread over workers, by Amdahl's law turned round.

    This is Karp and Flatt's metric (Measuring Parallel Processor Performance, Communications of the ACM 33, 1990):
    (1 / speed-up - 1 / workers) / (1 - 1 / workers), for two workers or more. A share is from 0, where the gain was all
    that there can be or more, to 1, where there was none.
    """

    def of(gain: float) -> float:
        share = (1 / gain - 1 / workers) / (1 - 1 / workers)
        return min(max(share, 0.0), 1.0)

    return Estimate(of(speed_up.value), of(speed_up.high), of(speed_up.low), speed_up.level)


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> float:
    """Return the standard deviation as a share of the mean (the coefficient of variation); 0 for a single value.

    One run that takes three times as long, or two speeds of one program, leave the middle half as it is, but not this.
    """
    if len(values) < FEWEST_FOR_SPREAD:
        return 0.0
    return statistics.stdev(values) / statistics.fmean(values)
