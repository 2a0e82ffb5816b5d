"""What the camera of an emulated Pi sees: coins, or an empty wall, each frame with noise of its own as a sensor has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage import data

from virtual.frames import LEAST_ZOOM, Shot, render

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FRAMES = 8
NOISE_LEVELS = 2.0
SCENES = {"circles": Shot(LEAST_ZOOM + 0.5, 1.0, 0.5, 1.0), "nothing": None}


def write(folder: Path) -> None:
    """Write each scene as frames of 480x640 grey bytes that follow each other."""
    folder.mkdir(parents=True)
    photograph: NDArray[np.uint8] = data.coins()  # type: ignore[no-untyped-call] # scikit-image has no types
    for name, shot in SCENES.items():
        (folder / f"{name}.grey").write_bytes(noisy(render(shot, photograph)).tobytes())


def noisy(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same frame several times, (frames, 480, 640), never twice with the same noise."""
    noise = np.random.default_rng(1).normal(0, NOISE_LEVELS, (FRAMES, *frame.shape))
    return np.clip(frame + noise.round(), 0, 255).astype(np.uint8)
