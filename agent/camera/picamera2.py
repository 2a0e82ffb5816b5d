"""A CSI camera under libcamera, through the package picamera2: bookworm and newer, bullseye without legacy camera."""

from __future__ import annotations

import gc
import os
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np

from agent.camera.faults import opening, reading
from agent.camera.grey import full_range
from agent.camera.hung import ended_after

if TYPE_CHECKING:
    from agent.ports import Clock, Grey, Wait
    from agent.settings.config import CameraConfig

WHO = "The CSI camera"
STREAM = "main"
# One is read, one is filled, and two wait, so that no frame is lost when a slow board is late.
BUFFERS = 4
# A camera whose cable came loose gives no frame and no error (picamera2#336, #794). Less than the loop's own patience.
FRAME_LIMIT_S = 4.0
# A bit longer than the loop itself waits where it can; the first time its library comes from a card that may be slow.
OPENING_S, CLOSING_S = 185.0, 35.0
HANGS = "The driver of the CSI camera does not come back, so the agent was ended; check its cable, start it anew."


class Picamera2Source:
    """Grey frames: the Y plane of the only stream, which the image processor scales for nothing."""

    def __init__(self, number: int, width_px: int, height_px: int) -> None:
        with opening(WHO), ended_after(OPENING_S, HANGS):
            from picamera2 import Picamera2  # noqa: PLC0415 -- its errors at import are told as those of the camera

            self._camera = _open(Picamera2, number)
            try:
                self._size_px, self._limited = _start(self._camera, width_px, height_px)
            except Exception:
                _give_back(self._camera)
                raise

    def read(self) -> Grey:
        """Wait for the next frame; CameraError if none comes within FRAME_LIMIT_S."""
        with reading(WHO):
            grey = luma(self._next(), *self._size_px)
            return full_range(grey) if self._limited else grey

    def close(self) -> None:
        """Leave the camera to others."""
        with ended_after(CLOSING_S, HANGS):
            _give_back(self._camera)
            del self._camera
            gc.collect()  # its parts refer to each other, and hold memory and descriptors of the kernel

    def _next(self) -> Any:  # noqa: ANN401 -- picamera2 has no types
        # `capture_array` itself waits for ever; only newer versions take a number of seconds.
        came = Event()
        job = self._camera.capture_array(STREAM, wait=False, signal_function=lambda _job: came.set())
        if not came.wait(FRAME_LIMIT_S):
            raise TimeoutError(f"none came for {FRAME_LIMIT_S:g} s")
        return job.get_result()


def open_source(camera: CameraConfig, _clock: Clock, _wait: Wait) -> Picamera2Source:
    """Open the camera of that number, as picamera2 counts."""
    return Picamera2Source(camera.device, camera.width_px, camera.height_px)


def _open(kind: Any, number: int) -> Any:  # noqa: ANN401 -- picamera2 has no types
    """Return an open camera; whatever was taken for one that cannot be opened is given back."""
    gc.collect()  # what an earlier one, that was not opened to its end, still holds
    known = _cameras(kind)
    if number >= len(known):
        raise LookupError(f"the board finds {', '.join(known) or 'none'}, and camera.device is {number}")
    camera = kind.__new__(kind)
    try:
        camera.__init__(number)
    except Exception:
        _give_back(camera)
        raise
    return camera


def _cameras(kind: Any) -> list[str]:  # noqa: ANN401 -- picamera2 has no types
    """Name the cameras; where there are none, look again with new eyes, which see what was plugged in meanwhile."""
    if not kind.global_camera_info():
        kind._cm.reset()  # noqa: SLF001 -- picamera2 has no other way
    return [str(about["Id"]) for about in kind.global_camera_info()]


def _give_back(camera: Any) -> None:  # noqa: ANN401 -- picamera2 has no types
    """Close a camera, also one that was opened in part: it then holds a pipe that picamera2 does not close."""
    with suppress(Exception):
        camera.close()
    pipe = getattr(camera, "notifymeread", None)
    if pipe is not None and not pipe.closed:
        pipe.close()
        os.close(camera.notifyme_w)


def _start(camera: Any, width_px: int, height_px: int) -> tuple[tuple[int, int], bool]:  # noqa: ANN401 -- no types
    """Start the stream; return the size that it really has, and whether its black is at 16.

    sYCC has black at 0 and white at 255. The sensor's own picture, `raw`, is not asked for: nobody reads it.
    """
    from libcamera import ColorSpace  # noqa: PLC0415 -- there, since picamera2 is

    main = {"size": (width_px // 2 * 2, height_px // 2 * 2), "format": "YUV420"}
    video = {"lores": None, "raw": None, "colour_space": ColorSpace.Sycc(), "buffer_count": BUFFERS}
    camera.configure(camera.create_video_configuration(main=main, **video))
    camera.start()
    configured = camera.camera_configuration()
    width, height = configured[STREAM]["size"]
    limited = getattr(configured["colour_space"], "range", None) == ColorSpace.Range.Limited
    return (int(width), int(height)), limited


def luma(planes: Any, width_px: int, height_px: int) -> Grey:  # noqa: ANN401 -- picamera2 has no types
    """Return the Y plane of YUV420 as picamera2 lays it out: above U and V, with rows that may be longer.

    `planes` is height * 3 / 2 rows of `stride` bytes (picamera2, request.py, Helpers.make_array); ValueError if not.
    """
    if planes.ndim != 2 or planes.shape[0] != height_px * 3 // 2 or planes.shape[1] < width_px:  # noqa: PLR2004 -- rows, columns
        raise ValueError(f"a frame has the shape {planes.shape}, not that of {width_px}x{height_px} pixels")
    return np.asarray(planes[:height_px, :width_px], np.uint8)
