"""A camera that the kernel offers as /dev/videoN: USB cameras, and the Pi's own under the legacy stack (L6)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from agent.camera.grey import to_grey
from agent.errors import CameraError

if TYPE_CHECKING:
    from agent.ports import Grey


class V4l2Source:
    """Frames of one camera, as near to the wanted size as it can."""

    def __init__(self, device: int, width_px: int, height_px: int) -> None:
        self._node = f"/dev/video{device}"
        self._video = _open(self._node, device)
        self._video.set(cv2.CAP_PROP_FRAME_WIDTH, width_px)
        self._video.set(cv2.CAP_PROP_FRAME_HEIGHT, height_px)

    def read(self) -> Grey:
        """Wait for the next frame."""
        arrived, bgr = self._video.read()
        if not arrived:
            raise CameraError(
                f"{self._node} gives no frames; check its cable, and that it is no CSI camera under libcamera."
            )
        return to_grey(bgr)

    def close(self) -> None:
        """Leave the camera to others."""
        self._video.release()


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
