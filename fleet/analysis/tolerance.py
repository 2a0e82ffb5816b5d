"""Where a ratio must lie for one of the course's statements to hold, and what an interval decides; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from fleet.analysis.stats import Estimate

TOLERANCE = 0.15
PAGE_TOLERANCE = 0.02
CLEAR = 1.10
ANYTHING = float("inf")


class Finding(StrEnum):
    """What the numbers say about a statement."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Tolerance:
    """Where a ratio must lie for a statement to hold."""

    low: float
    high: float

    def holds(self, found: Estimate) -> Finding:
        """Decide by the interval."""
        if self.low <= found.low and found.high <= self.high:
            return Finding.CONFIRMED
        return Finding.REFUTED if found.high < self.low or found.low > self.high else Finding.UNDECIDED

    @property
    def words(self) -> LazyText:
        """Say where it lies."""
        if self.high == ANYTHING:
            return lazy("at least {low:.2f}", low=self.low)
        if self.low == 0:
            return lazy("at most {high:.2f}", high=self.high)
        return lazy("from {low:.2f} to {high:.2f}", low=self.low, high=self.high)


NEAR_ONE = Tolerance(1 - TOLERANCE, 1 + TOLERANCE)
ONE_PER_PAGE = Tolerance(1 - PAGE_TOLERANCE, 1 + PAGE_TOLERANCE)
NO_FASTER = Tolerance(0, 1 + TOLERANCE)
CLEARLY_MORE = Tolerance(CLEAR, ANYTHING)
