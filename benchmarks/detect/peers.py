"""The detectors that are compared, each from a grey frame to rows x_px, y_px, r_px, with the yardstick's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from agent.circles.course import CourseDetector
from agent.circles.halfsize import HalfSizeDetector
from agent.circles.pilab import PilabDetector
from agent.settings.circles import PRESETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Find = Callable[[NDArray[np.uint8]], NDArray[np.float32]]

SETTINGS = PRESETS["course"]
LEAST_AXIS_RATIO = 0.85


def all_detectors() -> dict[str, Find]:
    """Return what can be compared here; EdgeDrawing is only in opencv-contrib."""
    found: dict[str, Find] = {
        "pilab": PilabDetector(SETTINGS).detect,
        "ALT, half size": HalfSizeDetector(SETTINGS).detect,
        "ALT, full size": alt_full_size,
        "course": CourseDetector().detect,
    }
    return {**found, "EdgeDrawing, half size": edge_drawing} if hasattr(cv2, "ximgproc") else found


def alt_full_size(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Find circles with OpenCV's newer Hough transform on the whole frame."""
    found: Any = cv2.HoughCircles(
        cv2.GaussianBlur(grey, (5, 5), 0),
        cv2.HOUGH_GRADIENT_ALT,
        dp=1.5,
        minDist=SETTINGS.min_distance_px,
        param1=300,
        param2=0.9,
        minRadius=int(SETTINGS.min_radius_px),
        maxRadius=int(SETTINGS.max_radius_px),
    )
    return _rows([] if found is None else found.reshape(-1, found.shape[-1])[:, :3])


def edge_drawing(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Find circles and nearly round ellipses with EDCircles' successor in opencv-contrib."""
    drawing: Any = cv2.ximgproc.createEdgeDrawing()  # type: ignore[attr-defined,unused-ignore] # contrib only
    drawing.detectEdges(cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    found = drawing.detectEllipses()
    ellipses = np.empty((0, 6)) if found is None else np.asarray(found).reshape(-1, 6)
    circles = [_round(*ellipse[:5]) for ellipse in ellipses]
    return _rows([each for each in circles if each and SETTINGS.min_radius_px <= each[2] <= SETTINGS.max_radius_px])


def _round(x: float, y: float, r: float, a: float, b: float) -> tuple[float, float, float] | None:
    """Return the circle in the frame, or nothing if the ellipse is too long."""
    if r > 0:
        a = b = r
    return (2 * x + 0.5, 2 * y + 0.5, a + b) if min(a, b) >= LEAST_AXIS_RATIO * max(a, b) else None


def _rows(circles: Any) -> NDArray[np.float32]:  # noqa: ANN401 -- lists and arrays
    return np.asarray(circles, np.float32).reshape(-1, 3)
