"""Playing frames at the speed of a camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.ports import Clock, Wait


class Pace:
    """Numbers frames as a camera takes them: whoever comes too late for one has missed it; 0 fps is without a pace."""

    def __init__(self, fps: float, clock: Clock, wait: Wait) -> None:
        self._fps, self._clock, self._wait = fps, clock, wait
        self._started_s = clock()
        self._number = -1

    def next(self) -> int:
        """Wait until the next frame is due and return its number, counted from 0."""
        if self._fps == 0:
            self._number += 1
            return self._number
        elapsed_s = self._clock() - self._started_s
        self._number = max(self._number + 1, int(elapsed_s * self._fps))
        early_s = self._number / self._fps - elapsed_s
        if early_s > 0:
            self._wait(early_s)
        return self._number
