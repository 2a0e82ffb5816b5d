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
        self._changed = Condition()
        self._newest: tuple[Grey, Circles] | None = None
        self._number = 0

    def show(self, grey: Grey, circles: Circles) -> None:
        """Take a frame that was looked at."""
        with self._changed:
            self._newest = grey, circles
            self._number += 1
            self._changed.notify_all()

    def next(self, after: int, limit_s: float) -> tuple[int, bytes]:
        """Return the number and the JPEG of a frame newer than `after`; no bytes if none came in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._number > after, limit_s) or self._newest is None:
                return after, b""
            number, (grey, circles) = self._number, self._newest
        return number, draw(grey, circles)


def draw(grey: Grey, circles: Circles) -> bytes:
    """Return the frame as a JPEG, a ring around each circle."""
    import cv2  # noqa: PLC0415 -- OpenCV takes seconds on a Pi, and only those who look need it

    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    for x_px, y_px, r_px in circles[:, :3]:
        cv2.circle(picture, (round(float(x_px)), round(float(y_px))), round(float(r_px)), RING_BGR, RING_PX)
    _, jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    return jpeg.tobytes()
