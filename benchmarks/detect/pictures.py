"""The pictures to measure on: folders with a truth.csv, or rendered ones where those are missing."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from benchmarks.detect import scenes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

SCORED = ("coins", "target-video", "no-circles")
RECALL_ONLY = ("crops", "cells")
RENDERED_EACH, SEED = 60, 20240601
# Pictures that come with scikit-image and hold no circle.
TEXTURES = ("brick", "grass", "gravel", "page", "text", "checkerboard", "horse")


@dataclass(frozen=True)
class Picture:
    """A grey picture and the circles in it."""

    name: str
    grey: NDArray[np.uint8]
    truth: list[tuple[float, float, float]]
    render: Callable[[scenes.Size], NDArray[np.uint8]] | None = None

    def at(self, size: scenes.Size) -> NDArray[np.uint8]:
        """Return the same in a larger frame: rendered anew, or enlarged."""
        return self.render(size) if self.render else _bytes(cv2.resize(self.grey, size, interpolation=cv2.INTER_CUBIC))


def read_sets(folder: Path) -> dict[str, list[Picture]]:
    """Return the pictures by set; where the folder is missing, rendered scenes and textures."""
    found = {name: _read(folder / name) for name in (*SCORED, *RECALL_ONLY) if (folder / name / "truth.csv").exists()}
    return found or {"rendered": _rendered(), "textures": _textures()}


def _read(folder: Path) -> list[Picture]:
    truth: dict[str, list[tuple[float, float, float]]] = {}
    with (folder / "truth.csv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            circle = (float(row["x_px"]), float(row["y_px"]), float(row["r_px"]))
            truth.setdefault(row["image"], []).append(circle)
    paths = sorted((folder / "images").iterdir())
    return [Picture(path.name, _grey(path), truth.get(path.name, [])) for path in paths]


def _grey(path: Path) -> NDArray[np.uint8]:
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise SystemExit(f"'{path}' is no picture that OpenCV can read; take it out of the folder.")
    return _bytes(grey)


def _rendered() -> list[Picture]:
    makers = [scenes.with_circle, scenes.without_circle] * RENDERED_EACH
    return [_scene(f"{i:03}-{make.__name__}", make, [SEED, i]) for i, make in enumerate(makers)]


def _scene(name: str, make: Callable[..., Any], seed: list[int]) -> Picture:
    def render(size: scenes.Size) -> NDArray[np.uint8]:
        picture: NDArray[np.uint8] = make(np.random.default_rng(seed), size)[0]
        return picture

    grey, truth = make(np.random.default_rng(seed))
    return Picture(name, grey, truth, render)


def _textures() -> list[Picture]:
    """Return parts of scikit-image's pictures, from as large as they are to as fine as a lawn from afar."""
    from skimage import data  # noqa: PLC0415 -- not needed where there is a folder

    found = []
    for name in TEXTURES:
        whole = getattr(data, name)()
        grey = _bytes(whole * 255 if whole.dtype == bool else whole)
        found += [Picture(f"{name}-{i}", part(grey), []) for i, part in enumerate(PARTS)]
    return found


def _part(grey: NDArray[np.uint8], share: float, tiles: int) -> NDArray[np.uint8]:
    """Return the upper left of a picture, side by side with itself so many times, as a frame."""
    height, width = (int(share * side) for side in grey.shape)
    tiled = np.tile(grey[:height, :width], (tiles, tiles))
    return _bytes(cv2.resize(tiled, scenes.FRAME, interpolation=cv2.INTER_AREA))


PARTS = (partial(_part, share=0.5, tiles=1), partial(_part, share=1.0, tiles=1), partial(_part, share=1.0, tiles=2))


def _bytes(picture: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(picture, dtype=np.uint8)
