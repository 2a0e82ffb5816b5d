"""What the cameras of virtual and emulated Pis see, made from scikit-image's photograph of coins."""

from __future__ import annotations

import errno
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from skimage import data

from virtual.place import share

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH_PX, HEIGHT_PX = 640, 480
# The photograph has coins of about 20 px radius; from this zoom on they reach the course's least radius of 35 px.
LEAST_ZOOM = 2.0
# A virtual Pi's camera shows recorded frames, an emulated one's a scene with noise of its own, as a sensor has.
SCENE_FRAMES = 8
NOISE_LEVELS = 2.0


@dataclass(frozen=True)
class Shot:
    """One frame: zoom of the photograph, where its left upper corner is (0 to 1 of what is left), how bright."""

    zoom: float
    across: float
    down: float
    brightness: float


SCENES = {"circles": Shot(LEAST_ZOOM + 0.5, 1.0, 0.5, 1.0), "nothing": None}


def shots() -> list[Shot | None]:
    """A visit to the coins and a look at the empty wall (None), slow enough for the LED to go on and off."""
    steps = np.linspace(0, 1, 32)
    zoom_in = [Shot(LEAST_ZOOM + 0.5 * t, t, 0.5 * t, 1.0) for t in steps.tolist()]
    dim = [Shot(LEAST_ZOOM + 0.5, 1 - t, 0.5 - 0.5 * t, 1 - 0.6 * t) for t in steps.tolist()]
    return [*zoom_in, *dim, *[None] * 24]


def render(shot: Shot | None, photograph: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The frame that a camera would deliver, 480x640, grey."""
    if shot is None:
        wall = np.linspace(90, 150, WIDTH_PX)
        return np.tile(wall, (HEIGHT_PX, 1)).astype(np.uint8)
    large = cv2.resize(photograph, None, fx=shot.zoom, fy=shot.zoom, interpolation=cv2.INTER_CUBIC)
    top = round((large.shape[0] - HEIGHT_PX) * shot.down)
    left = round((large.shape[1] - WIDTH_PX) * shot.across)
    part = large[top : top + HEIGHT_PX, left : left + WIDTH_PX]
    return (part * shot.brightness).astype(np.uint8)


def ensure(folder: Path) -> None:
    """Make `frames/000.pgm` and so on and `still.jpg` where they are not there yet; whole or not at all."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = tempfile.mkdtemp(dir=folder.parent)
    photograph: NDArray[np.uint8] = data.coins()  # type: ignore[no-untyped-call] # scikit-image has no types
    try:
        Path(unfinished, "frames").mkdir()
        for number, shot in enumerate(shots()):
            # Not packed: a room of 30 boards spent a third of two processors on unpacking.
            cv2.imwrite(f"{unfinished}/frames/{number:03}.pgm", render(shot, photograph))
        cv2.imwrite(f"{unfinished}/still.jpg", render(shots()[0], photograph))
        _take_place(share(Path(unfinished)), folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _take_place(made: Path, folder: Path) -> None:
    """Rename what was made, unless another room has made the same meanwhile."""
    try:
        made.rename(folder)
    except OSError as error:
        if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
            raise


def write_scenes(folder: Path) -> None:
    """Write each scene as frames of 480x640 grey bytes that follow each other."""
    folder.mkdir(parents=True)
    photograph: NDArray[np.uint8] = data.coins()  # type: ignore[no-untyped-call] # scikit-image has no types
    for name, shot in SCENES.items():
        (folder / f"{name}.grey").write_bytes(noisy(render(shot, photograph)).tobytes())


def noisy(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same frame several times, (frames, 480, 640), never twice with the same noise."""
    noise = np.random.default_rng(1).normal(0, NOISE_LEVELS, (SCENE_FRAMES, *frame.shape))
    return np.clip(frame + noise.round(), 0, 255).astype(np.uint8)
