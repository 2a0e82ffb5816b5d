"""What a frame must be before circles are looked for, and what rows of circles are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from agent.errors import DetectionError
from agent.ports import GREY_DIMENSIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from agent.ports import Circles


def check_grey(frame: NDArray[Any]) -> None:
    """DetectionError unless this is a grey picture of 8 bits a pixel."""
    if frame.ndim != GREY_DIMENSIONS or frame.size == 0:
        raise DetectionError(f"A frame has the shape {frame.shape}; give a grey one, height by width.")
    if frame.dtype != np.uint8:
        raise DetectionError(f"A frame has pixels of {frame.dtype}; give 8 bits a pixel (uint8).")


def rows(found: NDArray[Any] | None) -> Circles:
    """Return a row x_px, y_px, r_px, score per circle from what HoughCircles of any OpenCV gives.

    That is None, 1xNx3, Nx1x3 or Nx4. The score is NaN: OpenCV sorts by its votes, but does not tell them.
    """
    known = np.empty((0, 3), np.float32) if found is None or found.size == 0 else found.reshape(-1, found.shape[-1])
    circles = np.full((len(known), 4), np.nan, np.float32)
    circles[:, :3] = known[:, :3]
    return circles
