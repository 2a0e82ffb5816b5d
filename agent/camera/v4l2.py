"""A camera that the kernel offers as /dev/videoN: USB cameras, and the Pi's own under the legacy stack (L6)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from agent.camera.grey import to_grey
from agent.errors import CameraError
from agent.ports import GREY_DIMENSIONS

if TYPE_CHECKING:
    from agent.ports import Clock, Grey, Wait
    from agent.settings.config import CameraConfig

# Where the brightness is in the bytes that a driver gives, without anything to compute: alone, or every second byte.
RAW_FORMATS = ("GREY", "YUYV")
# Above this most USB cameras give YUYV at a few frames a second only, and compressed frames at full speed.
MOST_RAW_PX = 640 * 480
CHANNELS_OF_YUYV = 2


class V4l2Source:
    """Frames of one camera, as near to the wanted size as it can."""

    def __init__(self, device: int, width_px: int, height_px: int) -> None:
        self._node = f"/dev/video{device}"
        self._video = _open(self._node, device)
        set_up(self._video, width_px, height_px)

    def read(self) -> Grey:
        """Wait for the next frame; CameraError if none comes, or what comes is none."""
        arrived, frame = self._video.read()
        if not arrived:
            raise CameraError(
                f"{self._node} gives no frames; check its cable, and that it is no CSI camera under libcamera."
            )
        grey = brightness(frame)
        if grey is None:
            raise CameraError(f"{self._node} gives frames of the shape {frame.shape}, which is no picture.")
        return grey

    def close(self) -> None:
        """Leave the camera to others."""
        self._video.release()


def open_source(camera: CameraConfig, _clock: Clock, _wait: Wait) -> V4l2Source:
    """Open the device of that number."""
    return V4l2Source(camera.device, camera.width_px, camera.height_px)


def set_up(video: Any, width_px: int, height_px: int) -> None:  # noqa: ANN401 -- what behaves as cv2.VideoCapture
    """Ask for the size, and for grey or YUYV straight from the driver where it has that."""
    video.set(cv2.CAP_PROP_FRAME_WIDTH, width_px)
    video.set(cv2.CAP_PROP_FRAME_HEIGHT, height_px)
    raw = width_px * height_px <= MOST_RAW_PX and any(_takes(video, name) for name in RAW_FORMATS)
    # What OpenCV cannot switch off it converts as before; `brightness` looks at what comes.
    video.set(cv2.CAP_PROP_CONVERT_RGB, 0 if raw else 1)


def _takes(video: Any, name: str) -> bool:  # noqa: ANN401 -- as above
    code = cv2.VideoWriter.fourcc(*name)
    return bool(video.set(cv2.CAP_PROP_FOURCC, code)) and int(video.get(cv2.CAP_PROP_FOURCC)) == code


def brightness(frame: Any) -> Grey | None:  # noqa: ANN401 -- arrays of any shape
    """Return the brightness in a frame as a driver or OpenCV gives it: grey, YUYV or BGR; None if it is none."""
    if frame.ndim == GREY_DIMENSIONS and min(frame.shape) > 1:
        return np.asarray(frame, np.uint8)
    if frame.ndim == GREY_DIMENSIONS:  # one row of bytes: a compressed frame that was not decoded
        return None
    if frame.shape[2] == CHANNELS_OF_YUYV:
        return np.ascontiguousarray(frame[:, :, 0], np.uint8)
    return to_grey(frame)


def _open(node: str, device: int) -> cv2.VideoCapture:
    # Asked first because OpenCV writes lines of its own about a device that is not there.
    if not Path(node).exists():
        raise CameraError(f"{node} does not exist; plug the camera in, or correct camera.device.")
    video = cv2.VideoCapture(device, cv2.CAP_V4L)
    if not video.isOpened():
        raise CameraError(
            f"{node} cannot be opened; another program uses it, or this user is not in the group 'video'."
        )
    return video
