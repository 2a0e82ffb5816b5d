"""More things that are no circles, of other kinds than `other_things`: the second set that only reports are made on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.lens import FINER, grid, light_of
from benchmarks.detect.outlines import bumpy, closed, superellipse
from benchmarks.detect.round_things import place, shade_beside, within

if TYPE_CHECKING:
    from numpy.random import Generator

    from benchmarks.detect.lens import Canvas, Circle
    from benchmarks.detect.other_things import Draw
    from benchmarks.detect.scenes import Field

TURN_DEG = 360.0


def egg(rng: Generator, canvas: Canvas) -> None:
    """Draw one to three eggs, blunt at one end."""
    for _ in range(int(rng.integers(1, 4))):
        circle, turned = place(rng), rng.uniform(0, scenes.TURN)
        ratio, blunt = rng.uniform(0.66, 0.78), rng.uniform(0.05, 0.14)

        def outline(angle: Field, ratio: float = ratio, blunt: float = blunt, turned: float = turned) -> Field:
            round_there = scenes.ellipse(1, ratio, turned)(angle)
            return np.asarray(
                round_there * (1 - blunt * np.abs(np.sin(angle - turned)) * np.cos(angle - turned)), np.float64
            )

        canvas.shape(closed(circle, outline), shade_beside(rng, canvas, circle))


def squircle(rng: Generator, canvas: Canvas) -> None:
    """Draw a tile between a box and an ellipse, with a rim."""
    circle = place(rng)
    outline = superellipse(rng.uniform(3.5, 7), rng.uniform(0.7, 1), rng.uniform(0, scenes.TURN))
    shade = shade_beside(rng, canvas, circle)
    canvas.shape(closed(circle, outline), shade)
    canvas.shape(closed(within(circle, rng.uniform(0.7, 0.93)), outline), shade + rng.uniform(-0.2, 0.2))


def heart(rng: Generator, canvas: Canvas) -> None:
    """Draw a heart: two bows and a tip."""
    x, y, r = place(rng)
    t, turned = np.linspace(0, scenes.TURN, 200), rng.uniform(-0.4, 0.4)
    across = np.sin(t) ** 3
    down = -(13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)) / 16
    c, s = np.cos(turned), np.sin(turned)
    corners = [
        (float(x + r * (u * c - v * s)), float(y + r * (u * s + v * c))) for u, v in zip(across, down, strict=True)
    ]
    canvas.shape(corners, shade_beside(rng, canvas, (x, y, r)))


def gate(rng: Generator, canvas: Canvas) -> None:
    """Draw arches: a third of a circle on two posts, with a rim of stones."""
    r = float(rng.uniform(45, 130))
    y, stone = float(rng.uniform(r + 20, 260)), rng.uniform(0.2, 0.9)
    for x in np.arange(rng.uniform(0, r), scenes.WIDTH_PX + r, rng.uniform(2.2, 3) * r):
        for share, shade in ((1.0, stone), (rng.uniform(0.75, 0.9), rng.uniform(0, 1))):
            bow = [
                (float(x + share * r * np.cos(a)), float(y - share * r * np.sin(a)))
                for a in np.linspace(np.pi / 6, 5 * np.pi / 6, 60)
            ]
            canvas.shape([*bow, (bow[-1][0], scenes.HEIGHT_PX), (bow[0][0], scenes.HEIGHT_PX)], shade)


def pill(rng: Generator, canvas: Canvas) -> None:
    """Draw capsules of two halves, each twice as long as wide or longer."""
    for _ in range(int(rng.integers(1, 7))):
        x, y, r = place(rng)
        turned, wide, one = rng.uniform(0, np.pi), r * rng.uniform(0.3, 0.5), shade_beside(rng, canvas, (x, y, r))
        for start, end, shade in ((-1, 1, one), (0, 1, one + rng.uniform(-0.3, 0.3))):
            reach = r - wide
            ends = [
                (float(x + a * reach * np.cos(turned)), float(y + a * reach * np.sin(turned))) for a in (start, end)
            ]
            canvas.line(ends[0], ends[1], 2 * wide, shade)


def star(rng: Generator, canvas: Canvas) -> None:
    """Draw a star, a flower or a cogwheel with few teeth."""
    circle, turned = place(rng), rng.uniform(0, scenes.TURN)
    points, deep, sharp = int(rng.integers(4, 12)), rng.uniform(0.12, 0.4), rng.uniform(0.6, 4)

    def outline(angle: Field) -> Field:
        return np.asarray(
            1 - deep * (0.5 - 0.5 * np.tanh(sharp * np.cos(points * (angle - turned))) / np.tanh(sharp)), np.float64
        )

    canvas.shape(closed(circle, outline, 720), shade_beside(rng, canvas, circle))


def snail(rng: Generator, canvas: Canvas) -> None:
    """Draw a snail's shell: a band that grows as it winds."""
    x, y, r = place(rng, 70)
    turns, start, ink = rng.uniform(2.2, 4), rng.uniform(0, scenes.TURN), shade_beside(rng, canvas, (x, y, r))
    growth = rng.uniform(1.5, 2.4)
    for t in np.linspace(-turns, 0, 500):
        reach = r * growth**t
        spot = (
            float(x + 0.75 * reach * np.cos(start + t * scenes.TURN)),
            float(y + 0.75 * reach * np.sin(start + t * scenes.TURN)),
        )
        canvas.disc((*spot, 0.2 * reach), ink)


def rope(rng: Generator, canvas: Canvas) -> None:
    """Draw a coiled rope: turns that touch, with a twist."""
    x, y, r = place(rng, 80)
    turns, start = max(3, r / 32) + rng.uniform(0, 3), rng.uniform(0, scenes.TURN)
    shade, pitch = shade_beside(rng, canvas, (x, y, r)), r / (turns + 1)
    canvas.disc((x, y, pitch), shade)
    for i, t in enumerate(np.arange(0.5, turns, 0.35 / (turns + 1))):
        a, reach = start + t * scenes.TURN, pitch * (t + 0.5)
        spot = (float(x + reach * np.cos(a)), float(y + reach * np.sin(a)))
        canvas.oval((*spot, 0.55 * pitch), 0.6, float(np.degrees(a)) + 30, shade - 0.15 * (i % 2))


def big_letters(rng: Generator, canvas: Canvas) -> None:
    """Draw one to four letters of another hand, as high as half a frame, none with a round bowl."""
    canvas.light[:] = light_of(rng.uniform(0.55, 0.95))
    faces = (
        cv2.FONT_HERSHEY_SIMPLEX,
        cv2.FONT_HERSHEY_DUPLEX,
        cv2.FONT_HERSHEY_COMPLEX,
        cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
    )
    face, height = faces[int(rng.integers(4))], float(rng.uniform(90, 280))
    words = "".join(rng.choice(list("ABCDEGJKPRSUcekrsuz23578&")) for _ in range(4))
    size, at = height * FINER / 21, (int(rng.uniform(0, 300)), int(FINER * rng.uniform(height + 5, 470)))
    cv2.putText(canvas.light, words, at, face, size, light_of(rng.uniform(0, 0.3)), int(size * rng.uniform(1, 4)))


def face(rng: Generator, canvas: Canvas) -> None:
    """Draw a head with a hood, a cap or long hair, glasses, and a chin."""
    x, y, r = place(rng, 60)
    skin, cloth, ratio = rng.uniform(0.4, 0.9), rng.uniform(0, 0.9), rng.uniform(0.68, 0.8)
    canvas.oval((x, y + 2.1 * r, 1.6 * r), 0.65, 0, cloth)
    canvas.oval((x, y, 1.2 * r), rng.uniform(0.74, 0.82), 90, cloth if rng.random() < 0.5 else skin - 0.3)  # noqa: PLR2004 -- half of them
    canvas.oval((x, y + 0.05 * r, r), ratio, 90, skin)
    canvas.shape(
        [
            (x - 0.8 * r, y - 0.45 * r),
            (x + 0.8 * r, y - 0.45 * r),
            (x + 0.6 * r, y - 1.1 * r),
            (x - 0.6 * r, y - 1.1 * r),
        ],
        cloth,
    )
    for side in (-1, 1):
        canvas.disc((x + side * 0.3 * r, y - 0.1 * r, min(0.22 * r, 30)), 0.1, 2)
        canvas.disc((x + side * 0.3 * r, y - 0.1 * r, 0.05 * r), 0.05)
    canvas.line((x - 0.2 * r, y + 0.5 * r), (x + 0.2 * r, y + 0.48 * r), 0.06 * r, skin - 0.3)


def atom(rng: Generator, canvas: Canvas) -> None:
    """Draw ellipses of one centre that cross."""
    circle = place(rng, 70)
    count, ratio, ink = int(rng.integers(2, 5)), rng.uniform(0.25, 0.6), shade_beside(rng, canvas, circle)
    start = rng.uniform(0, TURN_DEG)
    for i in range(count):
        canvas.oval(circle, ratio, start + i * TURN_DEG / 2 / count, ink, rng.uniform(2, 6))


def ripples(rng: Generator, canvas: Canvas) -> None:
    """Draw waves on water that are seen at a slant."""
    (x, y), ratio = grid(), rng.uniform(0.3, 0.75)
    away = np.hypot(x - rng.uniform(50, 590), (y - rng.uniform(50, 430)) / ratio)
    wave = np.sin(away * scenes.TURN / rng.uniform(14, 70)) * np.exp(-away / rng.uniform(100, 500))
    canvas.light[:] = np.clip(0.35 + rng.uniform(0.1, 0.3) * wave, 0, 1)


def plectrum(rng: Generator, canvas: Canvas) -> None:
    """Draw a triangle with round corners and bent sides, or Reuleaux's."""
    circle, turned = place(rng), rng.uniform(0, scenes.TURN)
    deep, shade = rng.uniform(0.09, 0.2), shade_beside(rng, canvas, circle)

    def outline(angle: Field) -> Field:
        return np.asarray(1 - deep * (1 - np.cos(3 * (angle - turned))), np.float64)

    canvas.shape(closed(circle, outline), shade)


def cloud(rng: Generator, canvas: Canvas) -> None:
    """Draw a cloud, a bush or a puddle: a closed line that is nowhere a circle for long."""
    for _ in range(int(rng.integers(1, 4))):
        circle: Circle = place(rng)
        canvas.shape(closed(circle, bumpy(rng, rng.uniform(0.1, 0.2), (2, 9))), shade_beside(rng, canvas, circle))


def shelf(rng: Generator, canvas: Canvas) -> None:
    """Draw books side by side, some leaning, with words on them."""
    for top in np.arange(10, scenes.HEIGHT_PX, rng.uniform(110, 220)):
        x = -20.0
        while x < scenes.WIDTH_PX:
            wide, lean, shade = float(rng.uniform(10, 50)), float(rng.normal(0, 6)), rng.uniform(0, 1)
            canvas.shape([(x + lean, top), (x + wide + lean, top), (x + wide, top + 200), (x, top + 200)], shade)
            canvas.words((x + 2, top + 40), str(rng.choice(list("ABCDEGRS"))), 0.5 * wide, 1 - shade)
            x += wide


def zebra(rng: Generator, canvas: Canvas) -> None:
    """Draw stripes that bend and fork."""
    (x, y), period = grid(), rng.uniform(14, 70)
    bend = rng.uniform(10, 60) * np.sin(x / rng.uniform(40, 150)) + rng.uniform(10, 60) * np.sin(
        y / rng.uniform(40, 150)
    )
    fork = np.arctan2(y - rng.uniform(100, 380), x - rng.uniform(100, 540)) * period / scenes.TURN
    canvas.light[:] = 0.05 + 0.7 * (np.sin((y + bend + fork) * scenes.TURN / period) > 0)


def chain(rng: Generator, canvas: Canvas) -> None:
    """Draw links that are twice as long as wide, one through the other."""
    y, wide, steel = float(rng.uniform(100, 380)), float(rng.uniform(25, 70)), rng.uniform(0.2, 0.9)
    for i, x in enumerate(np.arange(-20, scenes.WIDTH_PX, 2.4 * wide)):
        canvas.line((x, y), (x + 1.5 * wide, y), wide * 1.5, steel - 0.1 * (i % 2))
        canvas.line((x, y), (x + 1.5 * wide, y), wide, 0.1)
    for x in np.arange(-20, scenes.WIDTH_PX, 2.4 * wide):
        canvas.line((x + 1.2 * wide, y), (x + 2.7 * wide, y), 0.3 * wide, steel)


def fence(rng: Generator, canvas: Canvas) -> None:
    """Draw wires that cross at a slant, with knots."""
    pitch, ink, tall = float(rng.uniform(25, 110)), rng.uniform(0, 1), float(rng.uniform(0.7, 1.5))
    for start in np.arange(-2 * scenes.WIDTH_PX, 2 * scenes.WIDTH_PX, pitch):
        for side in (-1, 1):
            canvas.line((start, 0), (start + side * scenes.HEIGHT_PX / tall, scenes.HEIGHT_PX), pitch / 14, ink)


SECOND_OTHERS: dict[str, Draw] = {
    each.__name__: each
    for each in (
        *(egg, squircle, heart, gate, pill, star, snail, rope, big_letters),
        *(face, atom, ripples, plectrum, cloud, shelf, zebra, chain, fence),
    )
}
