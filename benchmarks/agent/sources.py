"""Where the frames of the comparison come from: the simulated driver, or a camera through the agent's own source."""

from __future__ import annotations

import time
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from agent.errors import CameraError
from agent.settings.config import CameraConfig
from benchmarks.agent.driver import ROUND_S, Driver

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.ports import FrameSource, Grey

    # A frame, and when it was exposed, in seconds of the monotonic clock.
    Exposed = tuple[Grey, float]

SIMULATED = "simulated"
TRIES = 5


class ExposedFrames(Protocol):
    """A source that knows when its frames were exposed."""

    def read(self) -> Exposed | None:
        """Wait for the next frame; None if there will be no more."""

    def close(self) -> None:
        """Leave the camera to others."""


class CameraFrames:
    """A camera for so many seconds, with its driver's own word on when each frame was exposed."""

    def __init__(self, source: FrameSource, exposed_s: Callable[[], float], seconds: float) -> None:
        self._source, self._exposed_s = source, exposed_s
        self._ends_s = time.monotonic() + seconds

    def read(self) -> Exposed | None:
        """Wait for the next frame; None when the time is over."""
        if time.monotonic() > self._ends_s:
            return None
        grey = self._source.read()
        return None if grey is None else (grey, self._exposed_s())

    def close(self) -> None:
        """Leave the camera to others."""
        self._source.close()


def open_frames(name: str, rounds: int) -> ExposedFrames:
    """Open one of SOURCES for so many rounds."""
    if name == SIMULATED:
        return Driver(rounds)
    make = import_module(f"agent.camera.{name}").open_source
    source = running(partial(make, CameraConfig(source=name), time.monotonic, time.sleep))
    return CameraFrames(source, CLOCKS[name](source), rounds * ROUND_S)


def running(open_camera: Callable[[], FrameSource], tries: int = TRIES) -> FrameSource:
    """Return a camera that has given a frame; like the agent, open it anew if it does not, CameraError in the end."""
    source = open_camera()
    try:
        source.read()
    except CameraError:
        source.close()
        if tries == 1:
            raise
        return running(open_camera, tries - 1)
    return source


def _picamera2_clock(source: Any) -> Callable[[], float]:  # noqa: ANN401 -- picamera2 has no types
    """Note the sensor's time of each frame before picamera2 hands it out (ns since the start of the system)."""
    newest_s = [0.0]

    def note(request: Any) -> None:  # noqa: ANN401 -- the same
        newest_s[0] = request.get_metadata()["SensorTimestamp"] / 1e9

    source._camera.pre_callback = note  # noqa: SLF001 -- the agent itself has no use for it
    return lambda: newest_s[0]


def _v4l2_clock(source: Any) -> Callable[[], float]:  # noqa: ANN401 -- a source of one kind
    """Return the time that the kernel gave to the frame read last (OpenCV: in ms of the monotonic clock)."""
    import cv2  # noqa: PLC0415 -- part of what is measured, where it is loaded

    video = source._video  # noqa: SLF001 -- the agent itself has no use for it
    return lambda: float(video.get(cv2.CAP_PROP_POS_MSEC)) / 1e3


CLOCKS = {"picamera2": _picamera2_clock, "v4l2": _v4l2_clock}
SOURCES = (SIMULATED, *CLOCKS)
