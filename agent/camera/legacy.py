"""A CSI camera under the legacy stack, through the package picamera (buster, and bullseye with 32 bits)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from agent.camera.faults import opening, reading
from agent.camera.grey import full_range

if TYPE_CHECKING:
    from agent.ports import Clock, Grey, Wait
    from agent.settings.config import CameraConfig

WHO = "The legacy camera"
FPS = 30
# The firmware pads each plane (picamera, Advanced Recipes, "Unencoded image capture (YUV format)").
ROW_PX, COLUMN_PX = 32, 16


class LegacySource:
    """Grey frames: the Y plane of the video port's YUV."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._width_px, self._height_px = width_px, height_px
        self._planes = np.empty(padded_bytes(width_px, height_px), np.uint8)
        with opening(WHO):
            from picamera import PiCamera  # noqa: PLC0415 -- its errors at import are told as those of the camera

            self._camera = PiCamera(resolution=(width_px, height_px), framerate=FPS)
        self._frames = self._camera.capture_continuous(self._planes, format="yuv", use_video_port=True)

    def read(self) -> Grey:
        """Wait for the next frame."""
        with reading(WHO):
            next(self._frames)
        # A copy, since the next frame comes into the same memory; its black is at 16 (picamera, as above).
        return full_range(luma(self._planes, self._width_px, self._height_px))

    def close(self) -> None:
        """Leave the camera to others."""
        with reading(WHO):
            self._camera.close()


def open_source(camera: CameraConfig, _clock: Clock, _wait: Wait) -> LegacySource:
    """Open the board's only camera."""
    return LegacySource(camera.width_px, camera.height_px)


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def padded_bytes(width_px: int, height_px: int) -> int:
    """Return the size of a frame: the Y plane, and U and V of a quarter each."""
    return _up(width_px, ROW_PX) * _up(height_px, COLUMN_PX) * 3 // 2


def luma(planes: Grey, width_px: int, height_px: int) -> Grey:
    """Return the Y plane without its padding."""
    row = _up(width_px, ROW_PX)
    return planes[: row * height_px].reshape(height_px, row)[:, :width_px]
