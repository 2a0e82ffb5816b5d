"""The newest frame with its circles drawn in, for those who are allowed to look; it never leaves the memory."""

from __future__ import annotations

from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.ports import Circles, Grey

RING_BGR, RING_PX = (0, 200, 0), 3
QUALITY = 80


class Pictures:
    """Keeps one frame. Drawing and compressing is done by whoever looks, never by the loop."""

    def __init__(self) -> None:
        self._come = Condition()
        self._latest: tuple[Grey, Circles] | None = None

    def show(self, grey: Grey, circles: Circles) -> None:
        """Take a frame that was looked at."""
        with self._come:
            self._latest = grey, circles
            self._come.notify_all()

    def latest(self, limit_s: float) -> bytes:
        """Return the JPEG of the newest frame; nothing if none came in time."""
        with self._come:
            latest = self._come.wait_for(lambda: self._latest, limit_s)
        return draw(*latest) if latest else b""


def draw(grey: Grey, circles: Circles) -> bytes:
    """Return the frame as a JPEG, a ring around each circle."""
    import cv2  # noqa: PLC0415 -- OpenCV takes seconds on a Pi, and only those who look need it

    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    for x_px, y_px, r_px in circles[:, :3]:
        cv2.circle(picture, (round(float(x_px)), round(float(y_px))), round(float(r_px)), RING_BGR, RING_PX)
    _, jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    return jpeg.tobytes()
