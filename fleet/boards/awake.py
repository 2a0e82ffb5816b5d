"""Time for what others may take, which does not pass while this computer itself stands still or has too much to do.

Such a computer hears nobody. A thread looks at the clock all the time, so that it is known how late a look came.
"""

from __future__ import annotations

import time
from threading import Event, Lock, Thread

LOOK_S = 0.2
# A look that comes later than this after the last one was kept from coming.
LATE_S = 2 * LOOK_S


class AwakeClock:
    """The monotonic clock without the time of late looks."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._looked_s = time.monotonic()
        self._stalled_s = 0.0
        self._is_watched = False

    def now_s(self) -> float:
        """Return the time; only differences mean something."""
        with self._lock:
            if not self._is_watched:
                self._is_watched, self._looked_s = True, time.monotonic()
                Thread(target=self._watch, daemon=True).start()
            return self._look()

    def stalled_s(self) -> float:
        """Return for how long this computer has stood still, since somebody first asked for the time."""
        self.now_s()
        return self._stalled_s

    def _look(self) -> float:
        now_s = time.monotonic()
        late_s, self._looked_s = now_s - self._looked_s, now_s
        if late_s > LATE_S:
            self._stalled_s += late_s - LOOK_S
        return now_s - self._stalled_s

    def _watch(self) -> None:
        # Not time.sleep: what stands in its place for one thread does so for all.
        never = Event()
        while not never.wait(LOOK_S):
            self.now_s()


CLOCK = AwakeClock()


class Countdown:
    """How long others may take by that clock."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self.restart()

    def restart(self) -> None:
        """Begin anew: what was waited for has come, or a part of it."""
        self._until_s = CLOCK.now_s() + self._limit_s

    @property
    def is_over(self) -> bool:
        """Tell whether the limit has been reached."""
        return CLOCK.now_s() >= self._until_s
