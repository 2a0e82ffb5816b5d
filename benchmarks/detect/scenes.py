"""Rendered scenes whose circles are known, and shapes that are none, from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]
    Field = NDArray[np.float64]
    Outline = Callable[[Field], Field]
    Size = tuple[int, int]

WIDTH_PX, HEIGHT_PX = 640, 480
FRAME = (WIDTH_PX, HEIGHT_PX)
TURN = 2 * np.pi


def blob(outline: Outline, x_px: float, y_px: float, size: Size = FRAME) -> Field:
    """Return how much of each pixel lies within an outline that gives a radius for each direction."""
    return within(outline, *polar(x_px, y_px, size))


def polar(x_px: float, y_px: float, size: Size = FRAME) -> tuple[Field, Field]:
    """Return in which direction and how far from a point each pixel lies."""
    x, y = np.meshgrid(np.arange(size[0]) - x_px, np.arange(size[1]) - y_px)
    return np.arctan2(y, x), np.hypot(x, y)


def within(outline: Outline, angle: Field, distance_px: Field) -> Field:
    """Return how much of each pixel lies within an outline around the point that `polar` was given."""
    inside: Field = np.clip(outline(angle) - distance_px + 0.5, 0, 1)
    return inside


def disc(r_px: float) -> Outline:
    """Return the outline of a circle."""
    return lambda angle: np.full_like(angle, r_px)


def arc(r_px: float, share: float, start: float) -> Outline:
    """Return a disc cut off by a straight line, so that this share of its circumference is left."""
    reach = r_px * np.cos(np.pi * (1 - share))

    def outline(angle: Field) -> Field:
        towards = np.cos(angle - start)
        return np.where(towards * r_px > reach, reach / np.maximum(towards, 1e-9), r_px)

    return outline


def polygon(r_px: float, corners: int, turned: float) -> Outline:
    """Return a regular polygon's outline."""
    half = np.pi / corners
    return lambda angle: r_px * np.cos(half) / np.cos((angle - turned) % (2 * half) - half)


def ellipse(r_px: float, ratio: float, turned: float) -> Outline:
    """Return an ellipse's outline."""
    return lambda angle: r_px * ratio / np.hypot(ratio * np.cos(angle - turned), np.sin(angle - turned))


def leaf(r_px: float, lobes: int, depth: float, turned: float) -> Outline:
    """Return an outline that swings in and out."""
    return lambda angle: r_px * (1 + depth * np.cos(lobes * (angle - turned)))


def ground(rng: Generator, size: Size = FRAME) -> Field:
    """Return a wall: plain, lit from one side, or blotchy."""
    base: Field = np.full(size[::-1], rng.uniform(60, 190))
    kind = rng.integers(3)
    if kind == 1:
        return base + np.linspace(-30, 30, size[0])[None, :] * rng.uniform(0.3, 1)
    if kind == 2:  # noqa: PLR2004 -- the third of three
        blotches = cv2.GaussianBlur(rng.normal(0, 1, base.shape), (0, 0), rng.uniform(4, 40) * _scale(size))
        return base + np.asarray(blotches / blotches.std() * rng.uniform(2, 15), np.float64)
    return base


def photograph(rng: Generator, scene: Field) -> Picture:
    """Return the scene as a camera gives it: out of focus, moved, noisy; a larger one has as much noise a pixel."""
    scale = scene.shape[0] / HEIGHT_PX
    seen = cv2.GaussianBlur(scene, (0, 0), scale * rng.uniform(0.4, 2.5))
    if rng.random() < 0.25:  # noqa: PLR2004 -- a quarter of the pictures
        length = int(scale * rng.integers(3, 10))
        seen = cv2.blur(seen, (length, 1) if rng.random() < 0.5 else (1, length))  # noqa: PLR2004 -- half of them
    picture: Picture = np.clip(seen + rng.normal(0, rng.uniform(0.5, 8), seen.shape), 0, 255).round().astype(np.uint8)
    return picture


def with_circle(rng: Generator, size: Size = FRAME) -> tuple[Picture, list[tuple[float, float, float]]]:
    """Return a picture with one circle, at least 65 % of its arc there, and the truth."""
    r = _scale(size) * float(np.exp(rng.uniform(np.log(37), np.log(190))))
    x, y = rng.uniform(r * 0.8, size[0] - r * 0.8), rng.uniform(r * 0.8, size[1] - r * 0.8)
    share = rng.uniform(0.65, 1) if rng.random() < 0.3 else 1.0  # noqa: PLR2004 -- three of ten
    contrast = rng.choice([-1, 1]) * np.exp(rng.uniform(np.log(20), np.log(120)))
    outline = arc(r, share, rng.uniform(0, TURN)) if share < 1 else disc(r)
    return photograph(rng, ground(rng, size) + contrast * blob(outline, x, y, size)), [(float(x), float(y), r)]


def without_circle(rng: Generator, size: Size = FRAME) -> tuple[Picture, list[tuple[float, float, float]]]:
    """Return a picture of shapes that must not light the LED."""
    scene = ground(rng, size)
    for _ in range(int(rng.integers(1, 5))):
        r, turned = _scale(size) * float(np.exp(rng.uniform(np.log(36), np.log(170)))), rng.uniform(0, TURN)
        outline = [
            polygon(r, int(rng.integers(3, 5)), turned),
            ellipse(r, rng.uniform(0.4, 0.83), turned),
            leaf(r, int(rng.integers(3, 8)), rng.uniform(0.15, 0.4), turned),
        ][int(rng.integers(3))]
        shade = rng.choice([-1, 1]) * rng.uniform(20, 110)
        covered = blob(outline, rng.uniform(0, size[0]), rng.uniform(0, size[1]), size)
        # Things hide each other: if they shone through, two ovals would make a circle that nobody drew.
        scene = np.asarray(scene + covered * (scene.mean() + shade - scene), np.float64)
    return photograph(rng, scene), []


def _scale(size: Size) -> float:
    return size[1] / HEIGHT_PX
