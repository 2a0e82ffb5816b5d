"""What stands behind both stand-ins: frames at 30 a second, and whatever the file STANDIN_CAMERA says goes wrong."""

import os
import time
from itertools import cycle
from pathlib import Path

import numpy as np

FRAMES = 16
STATE = Path(os.environ["STANDIN_CAMERA"])
# How far the noise of a sensor in the dark goes above its black; with a hand before it the gain is turned up.
NOISE = {"black": 3, "covered": 11}


def state():
    """Return fine, gone, busy, black, covered, frozen, resized or hangs."""
    return STATE.read_text().strip()


class Sensor:
    """Y planes of a dark disc on a wall with noise, with black at 0 or, as videos have it, at 16."""

    def __init__(self, width, height, black):
        self._size, self._black = (width, height), black
        self._rng = np.random.default_rng(1)
        y, x = np.mgrid[:height, :width]
        self._scene = np.where(np.hypot(x - width / 2, y - height / 2) < min(width, height) / 6, 40, 180)
        noise = (self._rng.integers(0, 4, (height, width)) for _ in range(FRAMES))
        self._frames = cycle([(self._scene + each).astype(np.uint8) for each in noise])
        self._last = None
        self._due_s = time.monotonic()

    def frame(self):
        """Wait for the next frame; None if there is none, because the camera is gone."""
        self._due_s = max(self._due_s + 1 / 30, time.monotonic() - 1 / 30)
        time.sleep(max(0, self._due_s - time.monotonic()))
        while state() == "hangs":
            time.sleep(0.1)
        now = state()
        if now == "gone":
            return None
        width, height = self._size
        if now in NOISE:
            return (self._black + self._rng.integers(0, NOISE[now], (height, width))).astype(np.uint8)
        if now != "frozen" or self._last is None:
            self._last = next(self._frames)
        return self._last
