"""Things that are no circles, drawn from a seed before the grounds of the round ones."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.lens import grid
from benchmarks.detect.round_things import LARGEST_PX, place, shade_beside, towards, within

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from benchmarks.detect.lens import Canvas, Light, Point

    Draw = Callable[[Generator, Canvas], None]

TURN_DEG = 360.0


def spiral(rng: Generator, canvas: Canvas) -> None:
    """Draw a line that winds outwards, by equal steps or by equal factors."""
    x, y, r = place(rng, 80)
    start, turns, width = rng.uniform(0, scenes.TURN), rng.uniform(2, 6), rng.uniform(2, 8)
    along = np.linspace(0.1, 1, 400)
    reach = r * (along if rng.random() < 0.5 else 12 ** (along - 1))  # noqa: PLR2004 -- half of them
    angles, ink = start + along * turns * scenes.TURN, shade_beside(rng, canvas, (x, y, r))
    points = [(x + d * np.cos(a), y + d * np.sin(a)) for d, a in zip(reach, angles, strict=True)]
    for one, other in pairwise(points):
        canvas.line(one, other, width, ink)


def oval(rng: Generator, canvas: Canvas) -> None:
    """Draw an ellipse."""
    circle = place(rng)
    canvas.oval(circle, rng.uniform(0.45, 0.8), rng.uniform(0, TURN_DEG), shade_beside(rng, canvas, circle))


def oval_lines(rng: Generator, canvas: Canvas) -> None:
    """Draw ellipses inside of each other, with lines."""
    circle = place(rng)
    ratio, turned, ink = rng.uniform(0.45, 0.8), rng.uniform(0, TURN_DEG), shade_beside(rng, canvas, circle)
    for share in (1, rng.uniform(0.75, 0.95), rng.uniform(0.4, 0.7)):
        canvas.oval(within(circle, share), ratio, turned, ink, rng.uniform(2, 5))


def slanted_coin(rng: Generator, canvas: Canvas) -> None:
    """Draw a coin or a plate from the side, with its rims and its thickness."""
    circle = place(rng)
    x, y, r = circle
    ratio, metal = rng.uniform(0.4, 0.78), shade_beside(rng, canvas, circle)
    canvas.oval((x, y + 0.08 * r, r), ratio, 0, metal - 0.2)
    canvas.oval(circle, ratio, 0, metal)
    canvas.oval(within(circle, 0.88), ratio, 0, metal + rng.uniform(-0.15, 0.15))
    canvas.words(towards(circle, 0.4, np.pi), "100", 0.5 * r * ratio, metal - 0.2)


def box(rng: Generator, canvas: Canvas) -> None:
    """Draw a telephone, a tile or a pillow: a box with round corners."""
    x, y, r = place(rng)
    turned, (columns, rows) = rng.uniform(0, scenes.TURN), grid()
    across = (columns - x) * np.cos(turned) + (rows - y) * np.sin(turned)
    down = (rows - y) * np.cos(turned) - (columns - x) * np.sin(turned)
    half, corner = np.array([0.8, 0.8 * rng.uniform(0.5, 1)]) * r, rng.uniform(0.1, 0.28) * r
    over = [np.maximum(np.abs(a) - h + corner, 0) for a, h in zip((across, down), half, strict=True)]
    shade = max(0.0, min(1.0, shade_beside(rng, canvas, (x, y, r)))) ** 2.2
    canvas.light[:] = np.where(np.hypot(*over) < corner, shade, canvas.light)


def page(rng: Generator, canvas: Canvas) -> None:
    """Draw words, from small to as high as a hand."""
    canvas.light[:] = rng.uniform(0.5, 0.95)
    height = float(np.exp(rng.uniform(np.log(10), np.log(110))))
    letters = list("ABCDEGJOPQRSU0235689&@abcdegopqs")
    for y in np.arange(height, scenes.HEIGHT_PX + height, 1.6 * height):
        canvas.words((rng.uniform(-20, 20), y), "".join(rng.choice(letters, 40)), height, rng.uniform(0, 0.3))


def grating(rng: Generator, canvas: Canvas) -> None:
    """Draw waves of two directions over each other, as moire and fences."""
    x, y = grid()
    waves: Light = np.zeros_like(x)
    for _ in range(int(rng.integers(1, 4))):
        turned, period = rng.uniform(0, scenes.TURN), rng.uniform(8, 120)
        waves += np.sin((x * np.cos(turned) + y * np.sin(turned)) * scenes.TURN / period)
    canvas.light[:] = np.clip(0.4 + rng.uniform(0.05, 0.3) * (np.sign(waves) if rng.random() < 0.5 else waves), 0, 1)  # noqa: PLR2004 -- half of them


def foliage(rng: Generator, canvas: Canvas) -> None:
    """Draw leaves over leaves, of one size class a frame."""
    size = rng.uniform(10, 60)
    for _ in range(int(90000 / size**1.5)):
        spot = (float(rng.uniform(0, 640)), float(rng.uniform(0, 480)), size * rng.uniform(0.6, 1.4))
        turned, ratio, green = rng.uniform(0, TURN_DEG), rng.uniform(0.25, 0.6), rng.uniform(0.1, 0.8)
        canvas.oval(spot, ratio, turned, green)
        end = np.radians(turned)
        canvas.line(towards(spot, 1, end), towards(spot, 1, end + np.pi), 1.5, green + 0.1)


def head(rng: Generator, canvas: Canvas) -> None:
    """Draw a head: hair, face, eyes, mouth, neck and shoulders."""
    x, y, r = place(rng, 60)
    skin, dark = rng.uniform(0.45, 0.85), rng.uniform(0.02, 0.3)
    canvas.shape(_trapeze((x, y + 1.1 * r), r, 2.2 * r, 2 * r), rng.uniform(0, 1))
    canvas.oval((x, y - 0.12 * r, 1.12 * r), rng.uniform(0.72, 0.8), 90, dark)
    canvas.oval((x, y + 0.08 * r, r), rng.uniform(0.68, 0.78), 90, skin)
    for side in (-1, 1):
        canvas.oval((x + side * 0.3 * r, y - 0.1 * r, 0.14 * r), 0.5, 0, 0.95)
        canvas.disc((x + side * 0.3 * r, y - 0.1 * r, 0.06 * r), 0.05)
    canvas.oval((x, y + 0.5 * r, 0.25 * r), 0.35, 0, skin - 0.25)


def _trapeze(top: Point, upper: float, lower: float, height: float) -> list[Point]:
    x, y = top
    return [(x - upper / 2, y), (x + upper / 2, y), (x + lower / 2, y + height), (x - lower / 2, y + height)]


def board(rng: Generator, canvas: Canvas) -> None:
    """Draw a chessboard at a slant."""
    x, y = grid()
    field, turned, lean = rng.uniform(20, 110), rng.uniform(0, scenes.TURN), rng.uniform(0, 0.0012)
    across, down = x * np.cos(turned) + y * np.sin(turned), y * np.cos(turned) - x * np.sin(turned)
    deep = 1 + lean * (across + 800)
    dark = (np.floor(across / deep / field * 1.5) + np.floor(down / deep / field * 1.5)) % 2
    canvas.light[:] = rng.uniform(0.02, 0.2) + rng.uniform(0.2, 0.6) * dark


def corners(rng: Generator, canvas: Canvas) -> None:
    """Draw a nut, a tile or a sign: three to seven corners."""
    circle = place(rng, 70)
    count, turned = int(rng.integers(3, 8)), rng.uniform(0, scenes.TURN)
    shade, share = shade_beside(rng, canvas, circle), rng.uniform(0.7, 0.9)
    canvas.shape([towards(circle, 1, turned + i * scenes.TURN / count) for i in range(count)], shade)
    canvas.shape([towards(circle, share, turned + i * scenes.TURN / count) for i in range(count)], shade - 0.15)


def crescent(rng: Generator, canvas: Canvas) -> None:
    """Draw parts of rings, a third of one at most, about several centres."""
    for _ in range(int(rng.integers(1, 5))):
        circle = place(rng)
        start, ink, share = rng.uniform(0, scenes.TURN), shade_beside(rng, canvas, circle), rng.uniform(0.12, 0.33)
        steps = start + np.linspace(0, share * scenes.TURN, 60)
        for one, other in pairwise(steps):
            canvas.line(towards(circle, 1, one), towards(circle, 1, other), 6, ink)


def keyboard(rng: Generator, canvas: Canvas) -> None:
    """Draw keys in rows."""
    pitch = float(rng.uniform(25, 90))
    for row, y in enumerate(np.arange(0, scenes.HEIGHT_PX + pitch, pitch)):
        for x in np.arange((row % 3) * pitch / 3 - pitch, scenes.WIDTH_PX + pitch, pitch):
            canvas.shape(_trapeze((x, y), 0.75 * pitch, 0.85 * pitch, 0.85 * pitch), 0.15)
            canvas.words((x - 0.2 * pitch, y + 0.6 * pitch), str(rng.choice(list("QWERTZUIO"))), 0.3 * pitch, 0.8)


def wood(rng: Generator, canvas: Canvas) -> None:
    """Draw the grain of a board, which flows around its knots."""
    x, y = grid()
    flow = y + 6 * np.sin(x / rng.uniform(60, 160))
    for _ in range(int(rng.integers(1, 5))):
        knot_x, knot_y, wide = rng.uniform(0, 640), rng.uniform(0, 480), rng.uniform(15, 50)
        square = ((x - knot_x) / 2.2) ** 2 + (y - knot_y) ** 2
        flow += 2.5 * wide * np.exp(-square / wide**2) * np.sign(rng.random() - 0.5)
    canvas.light[:] = np.clip(0.3 + 0.12 * np.sin(flow * scenes.TURN / rng.uniform(6, 25)), 0, 1)


def cloth(rng: Generator, canvas: Canvas) -> None:
    """Draw folds."""
    x, y = grid()
    shades: Light = np.full_like(x, 0.4)
    for _ in range(int(rng.integers(3, 8))):
        turned, period, bend = rng.uniform(0, scenes.TURN), rng.uniform(40, 300), rng.uniform(0, 60)
        along = x * np.sin(turned) - y * np.cos(turned)
        wave = (x * np.cos(turned) + y * np.sin(turned) + bend * np.sin(along / 80)) * scenes.TURN / period
        shades += 0.1 * np.tanh(3 * np.sin(wave))
    canvas.light[:] = np.clip(shades, 0, 1)


def bottle(rng: Generator, canvas: Canvas) -> None:
    """Draw bottles from the side: a neck, shoulders, a label."""
    for x in np.arange(rng.uniform(30, 90), scenes.WIDTH_PX, rng.uniform(100, 220)):
        wide, top, glass = rng.uniform(25, LARGEST_PX / 3), rng.uniform(20, 120), rng.uniform(0.05, 0.9)
        canvas.shape(_trapeze((x, top), 0.6 * wide, 0.7 * wide, 3 * wide), glass)
        canvas.oval((x, top + 3.2 * wide, 1.3 * wide), wide / (1.3 * wide), 90, glass)
        canvas.shape(_trapeze((x, top + 3.2 * wide), 2 * wide, 2 * wide, 500), glass)
        canvas.shape(_trapeze((x, top + 4 * wide), 1.6 * wide, 1.6 * wide, 2.5 * wide), 0.9)


OTHER_THINGS: dict[str, Draw] = {
    each.__name__: each
    for each in (
        *(spiral, oval, oval_lines, slanted_coin, box, page, grating, foliage),
        *(head, board, corners, crescent, keyboard, wood, cloth, bottle),
    )
}
