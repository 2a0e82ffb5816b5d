"""A CSI camera under libcamera, through the package picamera2: bookworm and newer, bullseye without legacy camera."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agent.camera.faults import opening, reading

if TYPE_CHECKING:
    from agent.ports import Clock, Grey, Wait
    from agent.settings.config import CameraConfig

WHO = "The CSI camera"
# The main stream is made because libcamera wants one; nobody reads it.
LEAST_MAIN_PX = (640, 480)


class Picamera2Source:
    """Grey frames: the Y plane of the low-resolution stream, which the image processor scales for nothing."""

    def __init__(self, number: int, width_px: int, height_px: int) -> None:
        with opening(WHO):
            from picamera2 import Picamera2  # noqa: PLC0415 -- its errors at import are told as those of the camera

            self._camera = Picamera2(number)
        try:
            with opening(WHO):
                self._size_px = _start(self._camera, width_px, height_px)
        except OSError:
            self._camera.close()
            raise

    def read(self) -> Grey:
        """Wait for the next frame."""
        with reading(WHO):
            planes = self._camera.capture_array("lores")
            return luma(planes, *self._size_px)

    def close(self) -> None:
        """Leave the camera to others."""
        with reading(WHO):
            self._camera.stop()
            self._camera.close()


def open_source(camera: CameraConfig, _clock: Clock, _wait: Wait) -> Picamera2Source:
    """Open the camera of that number, as picamera2 counts."""
    return Picamera2Source(camera.device, camera.width_px, camera.height_px)


def _start(camera: Any, width_px: int, height_px: int) -> tuple[int, int]:  # noqa: ANN401 -- picamera2 has no types
    """Start both streams; return the size that the low one really has."""
    wanted = {"size": (width_px // 2 * 2, height_px // 2 * 2), "format": "YUV420"}
    main = {"size": (max(width_px, LEAST_MAIN_PX[0]), max(height_px, LEAST_MAIN_PX[1]))}
    camera.configure(camera.create_video_configuration(main=main, lores=wanted))
    camera.start()
    width, height = camera.camera_configuration()["lores"]["size"]
    return int(width), int(height)


def luma(planes: Any, width_px: int, height_px: int) -> Grey:  # noqa: ANN401 -- picamera2 has no types
    """Return the Y plane of YUV420 as picamera2 lays it out: above U and V, with rows that may be longer.

    `planes` is height * 3 / 2 rows of `stride` bytes (picamera2, request.py, Helpers.make_array); ValueError if not.
    """
    if planes.ndim != 2 or planes.shape[0] != height_px * 3 // 2 or planes.shape[1] < width_px:  # noqa: PLR2004 -- rows, columns
        raise ValueError(f"a frame has the shape {planes.shape}, not that of {width_px}x{height_px} pixels")
    return np.asarray(planes[:height_px, :width_px], np.uint8)
