"""Round things that the detector is tuned on beside the composite set, and a camera for what is tuned on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.lens import Canvas, grid, light_of
from benchmarks.detect.outlines import bumpy, closed
from benchmarks.detect.round_things import angles, place, shade_beside, towards, within

if TYPE_CHECKING:
    from numpy.random import Generator

    from benchmarks.detect.lens import Circle
    from benchmarks.detect.round_things import Draw
    from benchmarks.detect.scenes import Field, Picture


def expose(rng: Generator, canvas: Canvas, truth: list[Circle]) -> tuple[Picture, list[Circle]]:
    """Return the frame as `scenes` photographs it, after JPEG, and where the circles are."""
    light = np.asarray(cv2.resize(canvas.light, scenes.FRAME, interpolation=cv2.INTER_AREA), np.float64)
    frame = scenes.photograph(rng, 255 * np.clip(light, 0, 1) ** (1 / 2.2) * rng.uniform(0.6, 1))
    _, packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 98))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8), truth


def rim_with_teeth(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc with waves, scallops or teeth along its rim, about as high as wide."""
    circle = place(rng)
    count, sharp, side = int(rng.integers(10, 48)), rng.uniform(0.2, 3), rng.choice([-1, 1])
    deep, turned = min(0.045, rng.uniform(0.3, 0.9) / count), rng.uniform(0, scenes.TURN)

    def outline(angle: Field) -> Field:
        wave = (
            np.abs(np.sin(count / 2 * (angle - turned)))
            if sharp < 1
            else 0.5 + 0.5 * np.tanh(sharp * np.cos(count * (angle - turned)))
        )
        return np.asarray(1 + deep * side * (wave - 0.5), np.float64)

    shade = shade_beside(rng, canvas, circle)
    canvas.shape(closed(circle, outline, 1440), shade)
    if rng.random() < 0.5:  # noqa: PLR2004 -- half of them
        canvas.disc(within(circle, rng.uniform(0.5, 0.85)), shade + rng.uniform(-0.15, 0.15))
    return [circle]


def handmade(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc or a ring that is a little uneven."""
    circle = place(rng)
    rough, shade = bumpy(rng, rng.uniform(0.002, 0.012)), shade_beside(rng, canvas, circle)
    inside = Canvas(canvas.light.copy())
    canvas.shape(closed(circle, rough), shade)
    if rng.random() < 0.4:  # noqa: PLR2004 -- four of ten
        x, y = grid()
        hole = np.hypot(x - circle[0], y - circle[1]) < circle[2] * rng.uniform(0.5, 0.93)
        canvas.light[:] = np.where(hole, inside.light, canvas.light)
    return [circle]


def token(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc with signs on it up to its rim, little different from the ground."""
    circle = place(rng)
    shade = shade_beside(rng, canvas, circle)
    canvas.disc(circle, shade)
    canvas.disc(within(circle, rng.uniform(0.88, 0.97)), shade + rng.uniform(-0.1, 0.1))
    for angle in angles(rng, int(rng.integers(3, 20))):
        at = towards(circle, rng.uniform(0.2, 0.8), angle)
        canvas.words(
            at,
            str(rng.choice(list("ABCEKMPRSTXYZ1234579"))),
            circle[2] * rng.uniform(0.1, 0.5),
            shade - rng.uniform(0.05, 0.4),
        )
    return [circle]


def twisted(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a fan or a sweet: blades that wind, within a rim or up to it."""
    circle = place(rng, 45)
    x, y, r = circle
    blades, twist, reach = int(rng.integers(2, 9)), rng.uniform(-3, 3), rng.uniform(0.85, 1)
    one, other = shade_beside(rng, canvas, circle), rng.uniform(0, 1)
    across, down = grid()
    away = np.hypot(across - x, down - y)
    blade = np.sin(np.arctan2(down - y, across - x) * blades + away / r * twist * scenes.TURN) > 0
    colours = np.where(blade & (away < reach * r), light_of(0.7 * one + 0.3 * other), light_of(one))
    canvas.light[:] = np.where(away < r, colours, canvas.light)
    return [circle]


def crowd(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw many discs of about one size, apart from each other."""
    truth: list[Circle] = []
    size = float(rng.uniform(38, 60))
    for _ in range(40):
        r = size * rng.uniform(0.9, 1.1)
        x, y = (float(rng.uniform(r + 2, side - r - 2)) for side in scenes.FRAME)
        if all(np.hypot(x - other[0], y - other[1]) > r + other[2] + 3 for other in truth):
            truth.append((x, y, r))
            canvas.disc(truth[-1], shade_beside(rng, canvas, truth[-1]))
    return truth


def behind(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc that sticks, a hand's width of it, lie over, and some clutter beside it."""
    circle = place(rng)
    canvas.disc(circle, shade_beside(rng, canvas, circle))
    for _ in range(int(rng.integers(1, 4))):
        at, lean = towards(circle, rng.uniform(0.3, 1.05), rng.uniform(0, scenes.TURN)), rng.uniform(0, scenes.TURN)
        canvas.line(
            towards((*at, 300), 1, lean),
            towards((*at, 300), -1, lean),
            circle[2] * rng.uniform(0.03, 0.14),
            rng.uniform(0, 1),
        )
    return [circle]


def globe(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a lit ball with patches, whose far side sinks into the ground."""
    circle = place(rng)
    x, y, r = circle
    across, down = grid()
    u, v = (across - x) / r, (down - y) / r
    turned, side = rng.uniform(0, scenes.TURN), rng.uniform(0, 0.9)
    high = np.sqrt(np.maximum(1 - u * u - v * v, 0))
    lit = np.clip(side * (u * np.cos(turned) + v * np.sin(turned)) + (1.2 - side) * high, 0.02, 1)
    patch = 1 - rng.uniform(0, 0.5) * (np.sin(u * rng.uniform(2, 9) + v * rng.uniform(2, 9)) > rng.uniform(0, 1))
    canvas.light[:] = np.where(u * u + v * v < 1, lit * patch * rng.uniform(0.3, 1), canvas.light)
    return [circle]


def rings(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw two to five thin rings about nearly one centre, or a single one."""
    circle, share = place(rng), 1.0
    ink, width = shade_beside(rng, canvas, circle), rng.uniform(1.5, 7)
    for _ in range(int(rng.integers(1, 6))):
        canvas.disc(
            (*towards(circle, rng.uniform(0, 0.02) * (share < 1), rng.uniform(0, scenes.TURN)), share * circle[2]),
            ink,
            width,
        )
        share *= rng.uniform(0.6, 0.93)
    return [circle]


TUNING_ROUND: dict[str, Draw] = {
    each.__name__: each for each in (rim_with_teeth, handmade, token, twisted, crowd, behind, globe, rings)
}
