"""The course's detector (lesson L7), with exactly its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2

from agent.circles.opencv import check_grey, rows
from agent.errors import DetectionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from agent.ports import Circles, Grey


class CourseDetector:
    """Blur, then OpenCV's Hough transform."""

    def detect(self, grey: Grey) -> Circles:
        """Return a row x_px, y_px, r_px, score per circle, strongest first; DetectionError if this is no frame."""
        check_grey(grey)
        try:
            return rows(_hough(cv2.GaussianBlur(grey, (15, 15), 0)))
        except cv2.error as error:
            raise DetectionError(f"OpenCV cannot look at a frame of {grey.shape}: {error}.") from error


def _hough(blurred: NDArray[Any]) -> NDArray[Any] | None:
    return cv2.HoughCircles(
        blurred, cv2.HOUGH_GRADIENT, dp=2, minDist=100, param1=100, param2=100, minRadius=35, maxRadius=500
    )
