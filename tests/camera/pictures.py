"""What the simulated sensor sees: a dark disc on a wall, with the noise that every sensor has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from agent.ports import Grey


def scene(width_px: int, height_px: int, number: int) -> Grey:
    """Draw a disc in the middle, with a radius of a sixth of the shorter side."""
    y, x = np.mgrid[:height_px, :width_px]
    disc = np.where(np.hypot(x - width_px / 2, y - height_px / 2) < min(width_px, height_px) / 6, 40, 180)
    noise = np.random.default_rng(number).integers(0, 12, disc.shape)
    return (disc + noise).astype(np.uint8)
