"""The newest frame with its circles drawn in, for those who are allowed to look; it never leaves the memory."""

from __future__ import annotations

import time
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.ports import Circles, Clock, Grey

RING_BGR, RING_PX = (0, 200, 0), 3
QUALITY = 80


# What is older shows nothing of now: the camera is gone, or the detector is at work on a frame for long.
OLDEST_S = 5.0


class Pictures:
    """Keeps one frame. Drawing and compressing is done by whoever looks, never by the loop."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._come = Condition()
        self._latest: tuple[Grey, Circles] | None = None
        self._shown_s = float("-inf")

    def show(self, grey: Grey, circles: Circles) -> None:
        """Take a frame that was looked at."""
        with self._come:
            self._latest, self._shown_s = (grey, circles), self._clock()
            self._come.notify_all()

    def latest(self, limit_s: float) -> bytes:
        """Return the JPEG of the newest frame, waiting for one if that is old; nothing if none came in time."""
        with self._come:
            latest = self._come.wait_for(self._fresh, limit_s)
        return draw(*latest) if latest else b""

    def _fresh(self) -> tuple[Grey, Circles] | None:
        return self._latest if self._clock() - self._shown_s <= OLDEST_S else None


def draw(grey: Grey, circles: Circles) -> bytes:
    """Return the frame as a JPEG, a ring around each circle."""
    import cv2  # noqa: PLC0415 -- OpenCV takes seconds on a Pi, and only those who look need it

    picture = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    for x_px, y_px, r_px in circles[:, :3]:
        cv2.circle(picture, (round(float(x_px)), round(float(y_px))), round(float(r_px)), RING_BGR, RING_PX)
    _, jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
    return jpeg.tobytes()
