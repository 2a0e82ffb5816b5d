"""Outlines that are told by a share of the radius for each direction, as corners of a polygon with many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.round_things import towards

if TYPE_CHECKING:
    from numpy.random import Generator

    from benchmarks.detect.lens import Circle, Point
    from benchmarks.detect.scenes import Field, Outline

CORNERS = 360


def closed(circle: Circle, outline: Outline, corners: int = CORNERS) -> list[Point]:
    """Return the corners of the outline about the circle's centre."""
    angles = np.linspace(0, scenes.TURN, corners, endpoint=False)
    return [towards(circle, float(share), float(angle)) for angle, share in zip(angles, outline(angles), strict=True)]


def bumpy(rng: Generator, deep: float, waves: tuple[int, int] = (4, 14)) -> Outline:
    """Return a circle whose radius varies with this standard deviation, by waves of these numbers around it."""
    numbers = np.arange(*waves)
    heights, starts = rng.normal(0, 1, len(numbers)) / numbers, rng.uniform(0, scenes.TURN, len(numbers))
    heights *= deep * np.sqrt(2 / np.sum(heights**2))

    def outline(angle: Field) -> Field:
        return np.asarray(
            1 + np.sum(heights[:, None] * np.cos(np.outer(numbers, angle) + starts[:, None]), 0), np.float64
        )

    return outline


def superellipse(power: float, ratio: float, turned: float) -> Outline:
    """Return a shape between the ellipse, power 2, and the box, by Lame's formula."""

    def outline(angle: Field) -> Field:
        c, s = np.abs(np.cos(angle - turned)), np.abs(np.sin(angle - turned)) / ratio
        return np.asarray((c**power + s**power) ** (-1 / power), np.float64)

    return outline
