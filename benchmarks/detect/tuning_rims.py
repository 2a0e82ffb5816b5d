"""Round things to tune on whose rim is not plain: cogs, dials, and what is behind something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.outlines import closed
from benchmarks.detect.round_things import angles, place, shade_beside, towards, within

if TYPE_CHECKING:
    from numpy.random import Generator

    from benchmarks.detect.lens import Canvas, Circle
    from benchmarks.detect.round_things import Draw
    from benchmarks.detect.scenes import Field


def cog(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc with flat teeth, whose flanks lean a little; the tips are the circle."""
    circle = place(rng)
    count, deep, turned = int(rng.integers(8, 40)), rng.uniform(0.04, 0.2), rng.uniform(0, scenes.TURN)
    deep, flank, share = min(deep, 4 / count), rng.uniform(0.05, 0.3), rng.uniform(0.35, 0.65)

    def outline(angle: Field) -> Field:
        phase = np.abs((angle - turned) * count / scenes.TURN % 1 - 0.5) * 2
        return np.asarray(1 - deep * np.clip((phase - share) / flank + 0.5, 0, 1), np.float64)

    shade = shade_beside(rng, canvas, circle)
    canvas.shape(closed(circle, outline, 2880), shade)
    if rng.random() < 0.6:  # noqa: PLR2004 -- six of ten
        canvas.disc(within(circle, rng.uniform(0.1, 0.6)), shade + rng.choice([-1, 1]) * rng.uniform(0.1, 0.3))
    return [circle]


def dial(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a gauge: a rim little different from the ground about a face that differs much, with marks up to it."""
    circle = place(rng, 55)
    shade = shade_beside(rng, canvas, circle)
    face = rng.uniform(0.75, 1) if shade < 0.5 else rng.uniform(0, 0.25)  # noqa: PLR2004 -- the other way
    canvas.disc(circle, shade)
    inner = within(circle, rng.uniform(0.78, 0.95))
    canvas.disc(inner, face)
    count, wide = int(rng.choice([12, 24, 60])), rng.uniform(0.01, 0.03) * circle[2]
    for angle in angles(rng, count):
        canvas.line(towards(inner, rng.uniform(0.84, 0.9), angle), towards(inner, 0.97, angle), wide, 1 - face)
    for length in rng.uniform(0.4, 0.9, int(rng.integers(1, 4))):
        canvas.line(circle[:2], towards(inner, length, rng.uniform(0, scenes.TURN)), 2 * wide, 1 - face)
    return [circle]


def half_behind(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc, some with a rim, of which a board, or a larger round thing, hides a tenth to almost a half."""
    circle = place(rng, 45)
    shade = shade_beside(rng, canvas, circle)
    canvas.disc(circle, shade)
    if rng.random() < 0.5:  # noqa: PLR2004 -- half of them
        canvas.disc(within(circle, rng.uniform(0.6, 0.93)), shade + rng.uniform(-0.2, 0.2))
    reach, lean = np.cos(np.pi * rng.uniform(0.1, 0.45)), rng.uniform(0, scenes.TURN)
    board = float(np.clip(rng.choice([0.2, 0.5, 0.8]) + rng.normal(0, 0.1), 0, 1))
    if rng.random() < 0.3:  # noqa: PLR2004 -- three of ten
        away = rng.uniform(1.5, 4)
        canvas.disc((*towards(circle, reach + away, lean), away * circle[2]), board)
        return [circle]
    across = lean + np.pi / 2
    near, far = towards(circle, reach, lean), towards(circle, reach + rng.uniform(0.7, 4), lean)
    ends = [rng.uniform(1.2, 4), rng.uniform(1.2, 4)]
    corners = [towards((*near, circle[2]), ends[0], across), towards((*near, circle[2]), -ends[1], across)]
    corners += [towards((*far, circle[2]), -ends[1], across), towards((*far, circle[2]), ends[0], across)]
    canvas.shape(corners, board)
    return [circle]


RIM_ROUND: dict[str, Draw] = {each.__name__: each for each in (cog, dial, half_behind)}
