"""The pictures to measure on: folders with a truth.csv, or rendered ones where those are missing."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from benchmarks.detect import scenes

if TYPE_CHECKING:
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
    rng = np.random.default_rng(SEED)
    makers = [scenes.with_circle, scenes.without_circle] * RENDERED_EACH
    return [Picture(f"{i:03}-{make.__name__}", *make(rng)) for i, make in enumerate(makers)]


def _textures() -> list[Picture]:
    from skimage import data  # noqa: PLC0415 -- not needed where there is a folder

    return [Picture(name, _frame(getattr(data, name)()), []) for name in TEXTURES]


def _frame(picture: NDArray[Any]) -> NDArray[np.uint8]:
    grey = picture * 255 if picture.dtype == bool else picture
    return _bytes(cv2.resize(grey.astype(np.uint8), (scenes.WIDTH_PX, scenes.HEIGHT_PX), interpolation=cv2.INTER_AREA))


def _bytes(picture: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(picture, dtype=np.uint8)
