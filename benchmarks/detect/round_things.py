"""Round things as people hold them before a camera, drawn from a seed; each returns where the circles are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.lens import FINER, Canvas, grid, light_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    from benchmarks.detect.lens import Circle, Light, Point

    Draw = Callable[[Generator, Canvas], list[Circle]]

SMALLEST_PX, LARGEST_PX = 40.0, 170.0
SIZE = (scenes.WIDTH_PX * FINER, scenes.HEIGHT_PX * FINER)


def ground(rng: Generator) -> Canvas:
    """Return a wall, a sky, planks, tiles or cloth."""
    kind, x_y, shade = int(rng.integers(5)), grid(), rng.uniform(0.25, 0.75)
    turned, period = rng.uniform(0, scenes.TURN), rng.uniform(20, 90)
    across = x_y[0] * np.cos(turned) + x_y[1] * np.sin(turned)
    shades = np.full(across.shape, shade, np.float32) + rng.uniform(-0.2, 0.2) * across / scenes.WIDTH_PX
    if kind == 1:
        shades += _clouds(rng, rng.uniform(0.02, 0.12))
    elif kind == 2:  # noqa: PLR2004 -- the third of five
        shades += 0.08 * np.sin(np.floor(across / period) * 2.4) - 0.2 * (across % period < 2)  # noqa: PLR2004 -- gaps of 2 px
    elif kind == 3:  # noqa: PLR2004 -- the fourth
        up = x_y[1] * np.cos(turned) - x_y[0] * np.sin(turned)
        shades += rng.uniform(0.05, 0.2) * ((across % period < 3) | (up % period < 3))  # noqa: PLR2004 -- joints of 3 px
    elif kind == 4:  # noqa: PLR2004 -- the fifth
        shades += rng.uniform(0.02, 0.06) * np.sin(across * scenes.TURN / rng.uniform(3, 12)) + _clouds(rng, 0.03)
    return Canvas(np.asarray(np.clip(shades, 0, 1) ** 2.2, np.float32))


def _clouds(rng: Generator, deep: float) -> Light:
    rough = cv2.GaussianBlur(rng.normal(0, 1, scenes.FRAME[::-1]), (0, 0), rng.uniform(2, 30))
    return np.asarray(cv2.resize(rough / rough.std() * deep, SIZE, interpolation=cv2.INTER_LINEAR), np.float32)


def place(rng: Generator, least_px: float = SMALLEST_PX) -> Circle:
    """Return a circle that is in the frame."""
    r = float(np.exp(rng.uniform(np.log(least_px), np.log(LARGEST_PX))))
    x, y = (float(rng.uniform(r + 3, side - r - 3)) for side in scenes.FRAME)
    return x, y, r


def shade_beside(rng: Generator, canvas: Canvas, circle: Circle) -> float:
    """Return a shade that differs from the ground there."""
    x, y, _ = circle
    below = float(canvas.light[int(y) * FINER, int(x) * FINER]) ** (1 / 2.2)
    away = rng.uniform(0.15, 0.5)
    return float(below + away if below < 0.5 else below - away)  # noqa: PLR2004 -- to where there is room


def towards(circle: Circle, share: float, angle: float) -> Point:
    """Return the point at this share of a radius."""
    x, y, r = circle
    return float(x + share * r * np.cos(angle)), float(y + share * r * np.sin(angle))


def within(circle: Circle, share: float) -> Circle:
    """Return a circle about the same centre."""
    return circle[0], circle[1], share * circle[2]


def angles(rng: Generator, count: int) -> Iterator[float]:
    """Return so many directions, evenly spread from a random one."""
    start = rng.uniform(0, scenes.TURN)
    return (start + i * scenes.TURN / count for i in range(count))


def plain(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc."""
    circle = place(rng)
    canvas.disc(circle, shade_beside(rng, canvas, circle))
    return [circle]


def hoop(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a ring through which the ground is seen."""
    circle = place(rng)
    canvas.disc(circle, shade_beside(rng, canvas, circle), rng.uniform(2, 14))
    return [circle]


def clock(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a face with numbers, hands and a bezel."""
    circle = place(rng, 60)
    bezel, face = shade_beside(rng, canvas, circle), rng.uniform(0.7, 1)
    canvas.disc(circle, bezel)
    canvas.disc(within(circle, rng.uniform(0.82, 0.95)), face)
    for hour, angle in enumerate(angles(rng, 12), 1):
        canvas.words(towards(circle, 0.65, angle), str(hour), circle[2] / 9, 0.1)
    for length in (0.4, 0.6):
        canvas.line(circle[:2], towards(circle, length, rng.uniform(0, scenes.TURN)), circle[2] / 25, 0.05)
    return [circle]


def loudspeaker(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw rims about one centre, and screws."""
    circle = place(rng, 55)
    canvas.disc(circle, shade_beside(rng, canvas, circle))
    for share in sorted(rng.uniform(0.2, 0.85, 4), reverse=True):
        canvas.disc(within(circle, share), rng.uniform(0, 1))
    for angle in angles(rng, 6):
        canvas.disc((*towards(circle, 0.92, angle), circle[2] / 30), 0.9)
    return [circle]


def coin(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a rim, a head in relief and letters around it."""
    circle = place(rng)
    metal = shade_beside(rng, canvas, circle)
    canvas.disc(circle, metal)
    canvas.disc(within(circle, 0.97), metal + rng.uniform(-0.15, 0.15), circle[2] / 14)
    head = [towards(circle, rng.uniform(0.3, 0.55), angle) for angle in angles(rng, 11)]
    canvas.shape(head, metal + rng.uniform(-0.12, 0.12))
    for angle in angles(rng, 16):
        canvas.words(towards(circle, 0.74, angle), str(rng.choice(list("REPUBLICA"))), circle[2] / 8, metal - 0.12)
    return [circle]


def ball(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a ball lit from one side, its highlight and its shadow."""
    circle = place(rng)
    x, y, r = circle
    across, down = grid()
    light = np.array([rng.uniform(-0.7, 0.7), rng.uniform(-0.8, 0), 1.0])
    light /= np.linalg.norm(light)
    u, v = (across - x) / r, (down - y) / r
    canvas.oval((x + 0.2 * r, y + 0.85 * r, r), 0.3, 0, 0.15)
    high = np.sqrt(np.maximum(1 - u * u - v * v, 0))
    lit = np.maximum(u * light[0] + v * light[1] + high * light[2], 0)
    colour = light_of(rng.uniform(0.4, 1)) * (rng.uniform(0.1, 0.5) + lit * 0.8) + rng.uniform(0, 0.4) * lit**30
    canvas.light[:] = np.where(u * u + v * v < 1, colour, canvas.light)
    return [circle]


def football(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw dark patches on a light disc, some over its rim."""
    circle = place(rng)
    paper = Canvas(canvas.light.copy())
    paper.disc(circle, rng.uniform(0.75, 1))
    for share, count in ((0.0, 1), (0.95, 5)):
        for middle in angles(rng, count):
            spot = (*towards(circle, share, middle), 0.3 * circle[2])
            paper.shape([towards(spot, 1, angle) for angle in angles(rng, 5)], 0.08)
    x, y = grid()
    canvas.light[:] = np.where(np.hypot(x - circle[0], y - circle[1]) < circle[2], paper.light, canvas.light)
    return [circle]


def wheel(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a tyre, a rim, spokes and a hub."""
    circle = place(rng, 50)
    canvas.disc(circle, 0.08 if shade_beside(rng, canvas, circle) < 0.5 else 0.95)  # noqa: PLR2004 -- dark or light
    canvas.disc(within(circle, rng.uniform(0.6, 0.9)), rng.uniform(0.3, 0.7))
    for angle in angles(rng, int(rng.integers(4, 20))):
        canvas.line(circle[:2], towards(circle, 0.7, angle), circle[2] / 25, 0.9)
    canvas.disc(within(circle, 0.12), 0.9)
    return [circle]


def plate(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a plate whose rims differ little."""
    circle = place(rng)
    china = shade_beside(rng, canvas, circle)
    canvas.disc(circle, china)
    canvas.disc(within(circle, rng.uniform(0.6, 0.8)), china - rng.uniform(0.04, 0.12), 3)
    canvas.disc(within(circle, rng.uniform(0.3, 0.5)), china + rng.uniform(-0.06, 0.06))
    return [circle]


def crown_cap(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a bottle's cap, whose rim has 21 teeth."""
    circle = place(rng)
    canvas.disc(within(circle, 0.97), shade := shade_beside(rng, canvas, circle))
    for angle in angles(rng, 21):
        canvas.disc((*towards(circle, 0.93, angle), 0.08 * circle[2]), shade)
    canvas.words(towards(circle, 0.5, np.pi), "COLA", circle[2] / 3, shade - 0.2)
    return [circle]


def cup(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a cup from above: a rim, what is in it, a handle."""
    circle = place(rng)
    china, angle = shade_beside(rng, canvas, circle), rng.uniform(0, scenes.TURN)
    canvas.line(towards(circle, 0.95, angle), towards(circle, 1.4, angle), 0.3 * circle[2], china)
    canvas.disc(circle, china)
    canvas.disc(within(circle, rng.uniform(0.8, 0.93)), rng.uniform(0, 1))
    return [circle]


def sign(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a road sign on its post."""
    circle = place(rng)
    canvas.line((circle[0], circle[1]), (circle[0], 480), 0.15 * circle[2], 0.5)
    canvas.disc(circle, shade_beside(rng, canvas, circle))
    canvas.disc(within(circle, rng.uniform(0.7, 0.88)), 0.95)
    canvas.words(towards(circle, 0.5, 2.6), str(rng.integers(10, 99)), 0.6 * circle[2], 0.05)
    return [circle]


def fruit(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc with texture before texture."""
    circle = place(rng)
    canvas.light *= 1 + np.clip(_clouds(rng, rng.uniform(0, 0.15)), -0.5, 0.5)
    skin = light_of(shade_beside(rng, canvas, circle)) * (1 + _clouds(rng, rng.uniform(0.05, 0.2)))
    x, y = grid()
    canvas.light[:] = np.where(np.hypot(x - circle[0], y - circle[1]) < circle[2], skin, canvas.light)
    return [circle]


def heap(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw three to five discs that touch or lie a little over each other."""
    r = float(rng.uniform(42, 70))
    truth = [(float(rng.uniform(200, 440)), float(rng.uniform(180, 300)), r)]
    for _ in range(int(rng.integers(2, 5))):
        near = truth[int(rng.integers(len(truth)))]
        x, y = towards(near, rng.uniform(1.75, 2.05), rng.uniform(0, scenes.TURN))
        fits = r < x < scenes.WIDTH_PX - r and r < y < scenes.HEIGHT_PX - r
        if fits and all(np.hypot(x - other[0], y - other[1]) > 1.7 * r for other in truth):
            truth.append((x, y, r))
    for i, circle in enumerate(truth):
        canvas.disc(circle, shade := 0.3 + 0.55 * (i % 3) / 2 + rng.uniform(-0.05, 0.05))
        canvas.disc(circle, shade - 0.12, 2)
    return truth


def held(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc that fingers hide up to a third of."""
    circle = place(rng)
    canvas.disc(circle, shade_beside(rng, canvas, circle))
    angle = rng.uniform(0, scenes.TURN)
    for i in range(int(rng.integers(1, 4))):
        at = angle + 0.45 * i
        canvas.line(towards(circle, 0.8, at), towards(circle, 2.5, at), 0.28 * circle[2], rng.uniform(0.45, 0.8))
    return [circle]


ROUND_THINGS: dict[str, Draw] = {
    each.__name__: each
    for each in (
        *(plain, hoop, clock, loudspeaker, coin, ball, football, wheel),
        *(plate, crown_cap, cup, sign, fruit, heap, held),
    )
}
