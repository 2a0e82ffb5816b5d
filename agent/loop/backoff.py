"""How long to leave a lost camera alone."""

from __future__ import annotations

FIRST_S = 0.5
LONGEST_S = 30.0


class Backoff:
    """Pauses that double from one loss to the next, so that a broken camera costs nothing and fills no journal."""

    def __init__(self) -> None:
        self._next_s = FIRST_S

    def after(self, lasted_s: float) -> float:
        """Return the pause after a camera that lasted so long; one that lasted well starts anew."""
        if lasted_s >= LONGEST_S:
            self._next_s = FIRST_S
        pause_s, self._next_s = self._next_s, min(2 * self._next_s, LONGEST_S)
        return pause_s
