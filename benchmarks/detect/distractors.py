"""Rendered pictures of what must not light the LED, each from a seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.detect import scenes

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from benchmarks.detect.scenes import Field, Outline, Picture

WORDS = ("Coins", "of six", "bad bodies", "0 8 6 9", "O Q o", "good boards", "look up")
MOST_ROUND = 0.83


def square(rng: Generator) -> Picture:
    """Return a square or a triangle."""
    corners = int(rng.integers(3, 5))
    return _alone(rng, lambda r: scenes.polygon(r, corners, rng.uniform(0, scenes.TURN)))


def oval(rng: Generator) -> Picture:
    """Return an ellipse that is too long."""
    return _alone(rng, lambda r: scenes.ellipse(r, rng.uniform(0.4, MOST_ROUND), rng.uniform(0, scenes.TURN)))


def page(rng: Generator) -> Picture:
    """Return lines of text."""
    sheet = np.full(scenes.FRAME[::-1], rng.uniform(150, 240), np.uint8)
    size, ink = rng.uniform(0.5, 2.5), rng.uniform(10, 80)
    for y in range(30, scenes.HEIGHT_PX + 20, int(size * 36)):
        line = " ".join(rng.permutation(WORDS))
        cv2.putText(sheet, line, (5, y), cv2.FONT_HERSHEY_SIMPLEX, size, ink, max(1, int(2 * size)), cv2.LINE_AA)
    return scenes.photograph(rng, sheet.astype(np.float64))


def chessboard(rng: Generator) -> Picture:
    """Return a chessboard, turned."""
    field, turned, (x, y) = rng.uniform(25, 110), rng.uniform(0, scenes.TURN), _pixels()
    across, up = x * np.cos(turned) + y * np.sin(turned), y * np.cos(turned) - x * np.sin(turned)
    dark = np.asarray((np.floor(across / field) + np.floor(up / field)) % 2, np.float64)
    return scenes.photograph(rng, rng.uniform(40, 90) + rng.uniform(40, 130) * dark)


def spiral(rng: Generator) -> Picture:
    """Return a spiral of several turns."""
    x, y = _pixels()
    turns = np.hypot(x - 320, y - 240) / rng.uniform(22, 60) - np.arctan2(y - 240, x - 320) / scenes.TURN
    arm = np.asarray((turns % 1) < rng.uniform(0.2, 0.6), np.float64)
    return scenes.photograph(rng, 60 + rng.uniform(40, 130) * arm)


def foliage(rng: Generator) -> Picture:
    """Return leaves over leaves."""
    scene = scenes.ground(rng)
    for _ in range(300):
        length, turned = float(rng.uniform(10, 40)), rng.uniform(0, 180)
        axes = (int(length), int(length * rng.uniform(0.2, 0.6)))
        centre = (int(rng.uniform(0, scenes.WIDTH_PX)), int(rng.uniform(0, scenes.HEIGHT_PX)))
        cv2.ellipse(scene, centre, axes, turned, 0, 360, rng.uniform(30, 220), -1, cv2.LINE_8)
    return scenes.photograph(rng, scene)


DISTRACTORS: dict[str, Callable[[Generator], Picture]] = {
    each.__name__: each for each in (square, oval, page, chessboard, spiral, foliage)
}


def _alone(rng: Generator, outline: Callable[[float], Outline]) -> Picture:
    """Return one shape on a wall, wholly in the picture."""
    r = float(np.exp(rng.uniform(np.log(40), np.log(170))))
    x, y = rng.uniform(r, scenes.WIDTH_PX - r), rng.uniform(r, scenes.HEIGHT_PX - r)
    return scenes.photograph(rng, scenes.ground(rng) + _contrast(rng) * scenes.blob(outline(r), x, y))


def _contrast(rng: Generator) -> float:
    return float(rng.choice([-1, 1]) * rng.uniform(20, 110))


def _pixels() -> tuple[Field, Field]:
    x, y = np.meshgrid(np.arange(scenes.WIDTH_PX, dtype=np.float64), np.arange(scenes.HEIGHT_PX, dtype=np.float64))
    return x, y
