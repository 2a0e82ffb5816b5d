"""Things to tune on whose outline is partly a circle and then goes on: straight, into a corner or into the open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.round_things import place, shade_beside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.random import Generator

    from benchmarks.detect.lens import Canvas, Circle, Point
    from benchmarks.detect.other_things import Draw


def _turned(circle: Circle, lean: float, points: Iterable[tuple[float, float]]) -> list[Point]:
    """Return the points that are told in radii along and across a direction."""
    (x, y, r), c, s = circle, np.cos(lean), np.sin(lean)
    return [(float(x + r * (a * c - b * s)), float(y + r * (a * s + b * c))) for a, b in points]


def _bow(start: float, end: float, r: float = 1, at: tuple[float, float] = (0, 0)) -> list[tuple[float, float]]:
    """Return points of an arc, between angles in degrees."""
    angles = np.radians(np.linspace(start, end, 90))
    return [(float(at[0] + r * np.cos(angle)), float(at[1] + r * np.sin(angle))) for angle in angles]


def _smaller(circle: Circle, share: float) -> Circle:
    return circle[0], circle[1], share * circle[2]


def stadium(rng: Generator, canvas: Canvas) -> None:
    """Draw a band with round ends, filled or an outline, with a seam or in two colours."""
    circle, lean, length = _smaller(place(rng, 55), 0.8), rng.uniform(0, scenes.TURN), rng.uniform(0.5, 3)
    shade = shade_beside(rng, canvas, circle)
    outline = [*_bow(-90, 90), *_bow(90, 270, at=(-length, 0))]
    if rng.random() < 0.3:  # noqa: PLR2004 -- three of ten
        canvas.path(_turned(circle, lean, [*outline, outline[0]]), rng.uniform(2, 12), shade)
        return
    canvas.shape(_turned(circle, lean, outline), shade)
    if rng.random() < 0.5:  # noqa: PLR2004 -- half of them
        inner = rng.uniform(0.7, 0.93)
        smaller = [*_bow(-90, 90, inner), *_bow(90, 270, inner, (-length, 0))]
        canvas.shape(_turned(circle, lean, smaller), shade + rng.uniform(-0.15, 0.15))
    if rng.random() < 0.4:  # noqa: PLR2004 -- four of ten
        canvas.shape(
            _turned(circle, lean, [*_bow(90, 270, at=(-length, 0)), (-length / 2, -1), (-length / 2, 1)]), 1 - shade
        )


def doorway(rng: Generator, canvas: Canvas) -> None:
    """Draw an opening or a stone with a half circle on straight legs, some with a frame, upright or lying."""
    circle, lean = _smaller(place(rng, 55), 0.75), float(rng.choice([0, 1, 2, 3])) * np.pi / 2 + rng.normal(0, 0.15)
    legs, shade = rng.uniform(0.15, 2.2), shade_beside(rng, canvas, circle)
    if rng.random() < 0.5:  # noqa: PLR2004 -- half of them
        wide = rng.uniform(1.06, 1.4)
        canvas.shape(_turned(circle, lean, [*_bow(-90, 90, wide), (-legs, wide), (-legs, -wide)]), 1 - shade)
    canvas.shape(_turned(circle, lean, [*_bow(-90, 90), (-legs, 1), (-legs, -1)]), shade)
    if rng.random() < 0.4:  # noqa: PLR2004 -- four of ten
        for across in (-0.5, 0, 0.5):
            canvas.path(_turned(circle, lean, [(-legs, across), (0.8, across)]), rng.uniform(1, 4), 1 - shade)


def viaduct(rng: Generator, canvas: Canvas) -> None:
    """Draw slabs whose lower side is cut out in round arches down to what they stand on."""
    r, count = float(rng.uniform(45, 130)), int(rng.integers(1, 4))
    pier, lean = rng.uniform(0.2, 0.9), float(rng.choice([0, 1, 2, 3])) * np.pi / 2 + rng.normal(0, 0.2)
    circle = (float(rng.uniform(150, 490)), float(rng.uniform(130, 350)), r)
    shade, deep, pitch = shade_beside(rng, canvas, circle), rng.uniform(0, 0.4) * (rng.random() < 0.5), 2 + pier  # noqa: PLR2004 -- half of them
    lower: list[tuple[float, float]] = []
    for i in range(count):
        middle = (i - (count - 1) / 2) * pitch
        lower += [(-deep, middle - 1), *_bow(-90, 90, 1, (0, middle)), (-deep, middle + 1)]
    side, high = (count * pitch + pier) / 2, 1 + rng.uniform(0.15, 0.9)
    canvas.shape(_turned(circle, lean, [*lower, (-deep, side), (high, side), (high, -side), (-deep, -side)]), shade)


def bevelled(rng: Generator, canvas: Canvas) -> None:
    """Draw boxes whose corners are quarters of circles, as telephones, cards and tiles have them, with a rim."""
    for _ in range(int(rng.integers(1, 4))):
        circle, lean = place(rng, 45), rng.uniform(0, scenes.TURN)
        ratio, share, shade = rng.uniform(0.4, 1), rng.uniform(0.3, 0.65), shade_beside(rng, canvas, circle)
        for inner in (1, rng.uniform(0.75, 0.95)):
            half, corner = (0.8, 0.8 * ratio), 0.8 * ratio * share
            corners = [(half[0] - corner, half[1] - corner), (corner - half[0], half[1] - corner)]
            corners += [(-x, -y) for x, y in corners]
            round_corner = corner - (1 - inner) * half[1]
            if round_corner > 0:
                parts = [_bow(90 * i, 90 * i + 90, round_corner, at) for i, at in enumerate(corners)]
                canvas.shape(_turned(circle, lean, [point for part in parts for point in part]), shade)
            shade += rng.uniform(-0.2, 0.2)


def crook(rng: Generator, canvas: Canvas) -> None:
    """Draw bent strokes: an arc that goes on straight at one end or both, as staples, clips, hooks and pipes do."""
    for _ in range(int(rng.integers(1, 3))):
        circle, lean = _smaller(place(rng, 50), 0.85), rng.uniform(0, scenes.TURN)
        bend, legs = rng.uniform(130, 270), (rng.uniform(0.3, 2), rng.uniform(0, 2))
        ends = _bow(-bend / 2, bend / 2)
        angles = np.radians([-bend / 2, bend / 2])
        first = (ends[0][0] + legs[0] * np.sin(angles[0]), ends[0][1] - legs[0] * np.cos(angles[0]))
        last = (ends[-1][0] - legs[1] * np.sin(angles[1]), ends[-1][1] + legs[1] * np.cos(angles[1]))
        width = float(np.exp(rng.uniform(np.log(3), np.log(0.7 * circle[2]))))
        canvas.path(_turned(circle, lean, [first, *ends, last]), width, shade_beside(rng, canvas, circle))


BENT_OTHERS: dict[str, Draw] = {each.__name__: each for each in (stadium, doorway, viaduct, bevelled, crook)}
