"""Pauses that double from one failure to the next, so that what is broken costs nothing and fills no journal."""

from __future__ import annotations

FIRST_S = 0.5
LONGEST_S = 30.0
# After so many doublings every pause is the longest; a power of two may not grow without end.
MOST_DOUBLINGS = 16


def backoff_s(failures: int, first_s: float, longest_s: float) -> float:
    """Return the pause after so many failures in a row."""
    return min(first_s * 2 ** min(failures - 1, MOST_DOUBLINGS), longest_s) if failures > 0 else 0.0


class Backoff:
    """The pauses of one part that is tried again and again."""

    def __init__(self) -> None:
        self._failures = 0

    def after(self, lasted_s: float) -> float:
        """Return the pause after a failure of what lasted so long; what lasted well starts anew."""
        self._failures = 1 if lasted_s >= LONGEST_S else self._failures + 1
        return backoff_s(self._failures, FIRST_S, LONGEST_S)
