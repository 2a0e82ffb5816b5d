"""From the colours of a frame to the grey that circles are looked for in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from agent.ports import Grey

BLACK, WHITE = 16, 235
FULL_RANGE = np.clip((np.arange(256) - BLACK) * 255 / (WHITE - BLACK) + 0.5, 0, 255).astype(np.uint8)


def to_grey(bgr: NDArray[Any]) -> Grey:
    """Return the brightness of each pixel, as the course's loop computes it."""
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)


def full_range(limited: NDArray[Any]) -> Grey:
    """Return a brightness with black at 16 and white at 235, as YUV of videos has it, with black at 0, white at 255.

    The frame may have gaps between its pixels. Source: ITU-R BT.601-7, 2.5.3; OpenCV does the same when it makes BGR.
    """
    return np.asarray(cv2.LUT(np.ascontiguousarray(limited, np.uint8), FULL_RANGE), np.uint8)
