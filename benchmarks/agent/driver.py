"""A simulated camera driver that plays recorded frames at 30 a second to whoever asks, as V4L2 does under OpenCV."""

from __future__ import annotations

import time
from collections import deque
from threading import Condition, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.ports import Grey

FPS = 30
# OpenCV asks V4L2 for so many buffers (modules/videoio/src/cap_v4l.cpp, DEFAULT_V4L_BUFFERS). A driver without a free
# buffer drops what comes, so that a reader who was away finds old frames first.
BUFFERS = 4


class Driver:
    """Gives the oldest frame that waits, with the time at which it was exposed."""

    def __init__(self, frames: list[Grey], rounds: int) -> None:
        self._frames, self._rounds = frames, rounds
        self._waiting: deque[tuple[Grey, float]] = deque()
        self._changed = Condition()
        self._ended = False
        self._thread = Thread(target=self._expose, daemon=True)

    def start(self) -> None:
        """Expose from now on."""
        self._thread.start()

    def read(self) -> tuple[Grey, float] | None:
        """Wait for a frame; None after the last one."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            return self._waiting.popleft() if self._waiting else None

    def _expose(self) -> None:
        began_s = time.monotonic()
        for number in range(self._rounds * len(self._frames)):
            time.sleep(max(0.0, began_s + number / FPS - time.monotonic()))
            with self._changed:
                if len(self._waiting) < BUFFERS:
                    self._waiting.append((self._frames[number % len(self._frames)], time.monotonic()))
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()
