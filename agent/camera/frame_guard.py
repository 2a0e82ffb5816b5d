"""Notices a camera that delivers, but shows nothing of now: black, frozen or wrong-sized frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agent.errors import CameraError
from agent.ports import GREY_DIMENSIONS

if TYPE_CHECKING:
    from agent.ports import Clock, FrameSource, Grey

# A camera that has just been opened needs a moment for its exposure.
BLACK_S = 2.0
# Every camera has noise: no two frames are the same for so long, whatever it looks at.
FROZEN_S = 5.0
BLACK_LEVEL = 12
# Every so many pixels in both directions are enough to see that two frames differ.
STEP = 8


class FrameGuard:
    """Remembers over every new opening what was wrong, so that a camera is back only with a frame that is good."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.suspects = False

    def over(self, source: FrameSource) -> FrameSource:
        """Return the source with its frames looked at."""
        return GuardedSource(source, self, self._clock)


class GuardedSource:
    """A camera whose frames are looked at before they are handed on."""

    def __init__(self, source: FrameSource, guard: FrameGuard, clock: Clock) -> None:
        self._source, self._guard, self._clock = source, guard, clock
        self._shape: tuple[int, ...] = ()
        self._last: Grey | None = None
        self._good_s = clock()

    def read(self) -> Grey | None:
        """Wait for the next frame; after a fault, for the next one that is good."""
        while True:
            grey = self._source.read()
            if grey is None or self._is_good(grey) or not self._guard.suspects:
                return grey

    def close(self) -> None:
        """Leave the camera to others."""
        self._source.close()

    def _is_good(self, grey: Grey) -> bool:
        self._check_size(grey)
        same, black = self._is_same(grey), is_black(grey)
        self._last = grey
        if same or black:
            self._check_time(black=black)
            return False
        self._good_s, self._guard.suspects = self._clock(), False
        return True

    def _check_size(self, grey: Grey) -> None:
        shape = self._shape or grey.shape
        if grey.ndim != GREY_DIMENSIONS or grey.size == 0 or grey.shape != shape:
            self._fail(f"gives frames of {_size(grey.shape)} pixels instead of {_size(shape)}")
        self._shape = grey.shape

    def _is_same(self, grey: Grey) -> bool:
        last = self._last
        if last is None:  # one frame proves nothing of a camera that was frozen before
            return self._guard.suspects
        if not np.array_equal(last[::STEP, ::STEP], grey[::STEP, ::STEP]):
            return False
        return np.array_equal(last, grey)

    def _check_time(self, *, black: bool) -> None:
        bad_s = self._clock() - self._good_s
        if black and bad_s > BLACK_S:
            self._fail("gives black frames; take the cap off, or switch a light on")
        if bad_s > FROZEN_S:
            self._fail("gives the same frame again and again")

    def _fail(self, fault: str) -> None:
        self._guard.suspects = True
        raise CameraError(f"The camera {fault}.")


def is_black(grey: Grey) -> bool:
    """Tell whether hardly any pixel is brighter than a sensor in the dark."""
    sample = grey[::STEP, ::STEP]
    return bool(np.count_nonzero(sample > BLACK_LEVEL) * 1000 < sample.size)


def _size(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, reversed(shape)))
