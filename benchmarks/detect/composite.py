"""Round things cut out of pictures and pasted before others, from a seed; one half is for tuning, one for reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.pictures import Picture

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from benchmarks.detect.scenes import Field

    Circle = tuple[float, float, float]

FRAMES, EMPTY, SEED = 240, 100, 20261128
SMALLEST_PX, LARGEST_PX = 38.0, 170.0
LEAST_CUT_PX = 36.0
MOST_THINGS, MOST_HIDDEN = 3, 0.25
OVALS = (0.5, 0.78)
TURN_DEG = 360


@dataclass(frozen=True)
class Parts:
    """What frames are made of: square cuts with a circle that touches their sides, and grounds without circles."""

    cuts: list[NDArray[np.uint8]]
    grounds: list[NDArray[np.uint8]]


def half_of(pictures: list[Picture], half: int, frames: int = FRAMES) -> list[Picture]:
    """Return the frames of one half: 0 for tuning, 1 for reports; they share no thing and no ground."""
    parts = _parts([picture for i, picture in enumerate(pictures) if i % 2 == half])
    empty = frames * EMPTY // FRAMES
    return [_frame(parts, i, empty=i < empty) for i in range(half, frames, 2)]


def _parts(pictures: list[Picture]) -> Parts:
    cuts = [cut for each in pictures for circle in each.truth if (cut := _cut(each.grey, circle)) is not None]
    grounds = [np.ascontiguousarray(each.grey) for each in pictures if not each.truth]
    return Parts(cuts, grounds)


def _cut(grey: NDArray[np.uint8], circle: Circle) -> NDArray[np.uint8] | None:
    """Return the square about a circle, or nothing if it is small or goes over the picture's border."""
    x, y, r = circle
    size = int(2 * r)
    left, top = round(x - r), round(y - r)
    inside = left >= 0 and top >= 0 and left + size <= grey.shape[1] and top + size <= grey.shape[0]
    return grey[top : top + size, left : left + size] if inside and r >= LEAST_CUT_PX else None


def _frame(parts: Parts, number: int, *, empty: bool) -> Picture:
    rng = np.random.default_rng([SEED, number])
    scene = _ground(rng, parts.grounds)
    truth: list[Circle] = []
    for _ in range(int(rng.integers(0 if empty else 1, MOST_THINGS + 1))):
        place = _free_place(rng, truth)
        if place is None:
            continue
        truth.append(place)
        scene = _paste(rng, scene, parts.cuts, place) if not empty else _paste_other(rng, scene, parts, place)
    name = f"{number:03}-{'without' if empty else 'with'}"
    return Picture(name, _photograph(rng, scene), [] if empty else truth)


def _ground(rng: Generator, grounds: list[NDArray[np.uint8]]) -> Field:
    chosen = grounds[int(rng.integers(len(grounds)))]
    flipped = chosen[:, ::-1] if rng.random() < 0.5 else chosen  # noqa: PLR2004 -- half of them
    return np.asarray(cv2.resize(flipped, scenes.FRAME, interpolation=cv2.INTER_AREA), np.float64)


def _free_place(rng: Generator, taken: list[Circle]) -> Circle | None:
    for _ in range(50):
        r = float(np.exp(rng.uniform(np.log(SMALLEST_PX), np.log(LARGEST_PX))))
        x, y = (float(rng.uniform(r + 2, side - r - 2)) for side in scenes.FRAME)
        if all(np.hypot(x - other[0], y - other[1]) > r + other[2] + 4 for other in taken):
            return x, y, r
    return None


def _paste(rng: Generator, scene: Field, cuts: list[NDArray[np.uint8]], place: Circle) -> Field:
    """Return the scene with a thing at the place, partly hidden by the ground or by a stripe."""
    x, y, r = place
    cover = scenes.blob(scenes.disc(r), x, y)
    hidden = rng.uniform(0, MOST_HIDDEN) if rng.random() < 0.4 else 0  # noqa: PLR2004 -- four of ten
    if hidden:
        cover = cover * (1 - _stripe(rng, place, hidden))
    return np.asarray(scene + cover * (_thing(rng, cuts, place) - scene), np.float64)


def _stripe(rng: Generator, place: Circle, share: float) -> Field:
    """Return where a straight thing hides this share of a circumference."""
    x, y, r = place
    angle, reach = rng.uniform(0, scenes.TURN), r * np.cos(np.pi * share)
    columns, rows = np.meshgrid(np.arange(scenes.WIDTH_PX) - x, np.arange(scenes.HEIGHT_PX) - y)
    return np.asarray(columns * np.cos(angle) + rows * np.sin(angle) > reach, np.float64)


def _paste_other(rng: Generator, scene: Field, parts: Parts, place: Circle) -> Field:
    """Return the scene with a thing at a slant, its rims inside too, or a box with some ground on it."""
    x, y, r = place
    ratio, turned = rng.uniform(*OVALS), rng.uniform(0, scenes.TURN)
    if rng.random() < 0.5:  # noqa: PLR2004 -- half of them
        cover, colour = scenes.blob(scenes.ellipse(r, ratio, turned), x, y), _thing(rng, parts.cuts, place)
        return np.asarray(scene + cover * (_slanted(colour, place, ratio, turned) - scene), np.float64)
    return np.asarray(scene + _box(rng, place, turned) * (_ground(rng, parts.grounds) - scene), np.float64)


def _slanted(picture: Field, place: Circle, ratio: float, turned: float) -> Field:
    """Return the picture squeezed by this ratio across this direction, about a place."""
    c, s = np.cos(turned), np.sin(turned)
    turn = np.array([[c, s], [-s, c]])
    squeeze = turn.T @ np.diag([1, ratio]) @ turn
    middle = np.array(place[:2])
    matrix = np.column_stack([squeeze, middle - squeeze @ middle])
    return np.asarray(cv2.warpAffine(picture, matrix, scenes.FRAME, borderMode=cv2.BORDER_REPLICATE), np.float64)


def _box(rng: Generator, place: Circle, turned: float) -> Field:
    x, y, r = place
    columns, rows = np.meshgrid(np.arange(scenes.WIDTH_PX) - x, np.arange(scenes.HEIGHT_PX) - y)
    across, down = columns * np.cos(turned) + rows * np.sin(turned), rows * np.cos(turned) - columns * np.sin(turned)
    half_width, half_height = 0.75 * r, 0.75 * r * rng.uniform(0.6, 1)
    corner = half_height * rng.uniform(0.15, 0.4)
    over_x, over_y = (
        np.maximum(np.abs(a) - half + corner, 0) for a, half in ((across, half_width), (down, half_height))
    )
    return np.asarray(np.clip(corner - np.hypot(over_x, over_y) + 0.5, 0, 1), np.float64)


def _thing(rng: Generator, cuts: list[NDArray[np.uint8]], place: Circle) -> Field:
    """Return a frame with a cut scaled, turned and darkened at the place, and whatever its border is around it."""
    x, y, r = place
    cut = cuts[int(rng.integers(len(cuts)))]
    half = (cut.shape[0] - 1) / 2
    scale, angle = r / (half + 0.5), float(rng.uniform(0, TURN_DEG))
    turn = cv2.getRotationMatrix2D((half, half), angle, scale)
    turn[:, 2] += (x - half, y - half)
    smaller = cv2.GaussianBlur(cut, (0, 0), max(0.4 / scale, 0.3)) if scale < 1 else cut
    shown = cv2.warpAffine(smaller, turn, scenes.FRAME, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(shown * rng.uniform(0.5, 1) + rng.uniform(0, 20), np.float64)


def _photograph(rng: Generator, scene: Field) -> NDArray[np.uint8]:
    """Return the scene blurred, darkened, noisy, and through JPEG."""
    seen = cv2.GaussianBlur(scene, (0, 0), rng.uniform(0.3, 2)) * rng.uniform(0.5, 1)
    noisy = np.clip(seen + rng.normal(0, rng.uniform(0, 8), seen.shape), 0, 255).round().astype(np.uint8)
    _, packed = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(50, 96))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8)
