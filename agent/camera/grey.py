"""From the colours of a frame to the grey that circles are looked for in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from agent.ports import Grey


def to_grey(bgr: NDArray[Any]) -> Grey:
    """Return the brightness of each pixel, as the course's loop computes it."""
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)
