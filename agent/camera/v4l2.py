"""A camera that the kernel offers as /dev/videoN: USB cameras, and the Pi's own under the legacy stack (L6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from agent.board.video import DEVICES, ask
from agent.camera.grey import full_range, to_grey
from agent.errors import CameraError
from agent.ports import GREY_DIMENSIONS

if TYPE_CHECKING:
    from agent.ports import Clock, Grey, Wait
    from agent.settings.config import CameraConfig

# Where the brightness is in the bytes that a driver gives, without anything to compute: alone, or every second byte.
RAW_FORMATS = ("GREY", "YUYV")
# The frames are JPEG files, of which the colours need not be decoded.
COMPRESSED = "MJPG"
# Above this most USB cameras give YUYV at a few frames a second only, and compressed frames at full speed.
MOST_RAW_PX = 640 * 480
CHANNELS_OF_YUYV = 2
# A cable that is bent, or a hub that is busy, spoils a frame now and then; a camera that gives nothing else is lost.
MOST_SPOILT = 30


class V4l2Source:
    """Frames of one camera, as near to the wanted size as it can."""

    def __init__(self, device: int, width_px: int, height_px: int) -> None:
        self._node = f"/dev/video{device}"
        self._video = _open(device)
        set_up(self._video, width_px, height_px)

    def read(self) -> Grey:
        """Wait for the next frame; CameraError if none comes, or what comes is none."""
        shape: tuple[int, ...] = ()
        for _ in range(MOST_SPOILT):
            arrived, frame = self._video.read()
            if not arrived:
                raise CameraError(
                    f"{self._node} gives no frames; check its cable, and that it is no CSI camera under libcamera."
                )
            grey = brightness(frame)
            if grey is not None:
                return grey
            shape = frame.shape
        raise CameraError(f"{self._node} gives frames of the shape {shape}, which is no picture.")

    def close(self) -> None:
        """Leave the camera to others."""
        self._video.release()


def open_source(camera: CameraConfig, _clock: Clock, _wait: Wait) -> V4l2Source:
    """Open the device of that number."""
    return V4l2Source(camera.device, camera.width_px, camera.height_px)


def set_up(video: Any, width_px: int, height_px: int) -> None:  # noqa: ANN401 -- what behaves as cv2.VideoCapture
    """Ask for the size, and for grey, YUYV or JPEG as the driver has it; anything else OpenCV converts."""
    video.set(cv2.CAP_PROP_FRAME_WIDTH, width_px)
    video.set(cv2.CAP_PROP_FRAME_HEIGHT, height_px)
    formats = (*RAW_FORMATS, COMPRESSED) if width_px * height_px <= MOST_RAW_PX else (COMPRESSED,)
    taken = any(_takes(video, name) for name in formats)
    # What OpenCV cannot switch off it converts as before; `brightness` looks at what comes.
    video.set(cv2.CAP_PROP_CONVERT_RGB, 0 if taken else 1)


def _takes(video: Any, name: str) -> bool:  # noqa: ANN401 -- as above
    code = cv2.VideoWriter.fourcc(*name)
    return bool(video.set(cv2.CAP_PROP_FOURCC, code)) and int(video.get(cv2.CAP_PROP_FOURCC)) == code


def brightness(frame: Any) -> Grey | None:  # noqa: ANN401 -- arrays of any shape
    """Return the brightness in a frame: grey, JPEG (one row of bytes), YUYV or BGR; None if it is none."""
    if frame.ndim == GREY_DIMENSIONS and min(frame.shape) > 1:
        return np.asarray(frame, np.uint8)
    if frame.ndim == GREY_DIMENSIONS:
        return _decoded(frame)
    if frame.shape[2] == CHANNELS_OF_YUYV:
        return full_range(frame[:, :, 0])
    return to_grey(frame)


def _decoded(file: Any) -> Grey | None:  # noqa: ANN401 -- as above
    try:
        grey = cv2.imdecode(file, cv2.IMREAD_GRAYSCALE)
    except cv2.error:  # a size that no camera has
        return None
    return None if grey is None else np.asarray(grey, np.uint8)


def _open(device: int) -> cv2.VideoCapture:
    # Asked first because OpenCV writes lines of its own about a device that is not there.
    if not (DEVICES / f"video{device}").exists():
        raise CameraError(f"/dev/video{device} does not exist; plug the camera in, or correct camera.device.")
    node = ask(DEVICES, device)
    if node.kind == "closed":
        raise CameraError(f"{node.path} is closed to us: {node.why}.")
    video = cv2.VideoCapture(device, cv2.CAP_V4L)
    if not video.isOpened():
        raise CameraError(f"{node.path} ({node.name}) cannot be opened; {node.why or 'another program uses it'}.")
    return video
