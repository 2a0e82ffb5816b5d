"""How long others may take, where time in which this computer itself stood still does not count."""

from __future__ import annotations

import time

# A look that comes later than so many steps after the last one was kept from coming.
LATE_STEPS = 2


class Countdown:
    """A limit that is looked at once per step, a computer that sleeps or has too much to do excepted.

    Such a computer hears nobody, so that a look that comes late counts as one step. What never happens is given up
    after limit_s / step_s looks at the latest.
    """

    def __init__(self, limit_s: float, step_s: float) -> None:
        self._limit_s = limit_s
        self._step_s = step_s
        self._counted_s = 0.0
        self._looked_s = time.monotonic()
        self.stalled_s = 0.0

    def look(self) -> None:
        """Count the time since the last look."""
        now_s = time.monotonic()
        took_s, self._looked_s = now_s - self._looked_s, now_s
        if took_s > LATE_STEPS * self._step_s:
            self.stalled_s += took_s - self._step_s
            took_s = self._step_s
        self._counted_s += took_s

    def restart(self) -> None:
        """Begin anew: what was waited for has come, or a part of it."""
        self._counted_s = 0.0
        self._looked_s = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Tell whether the limit has been reached."""
        return self._counted_s >= self._limit_s
