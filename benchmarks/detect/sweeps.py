"""Renderings that make one difficulty grow, each from a seed: even seeds are for tuning, odd ones for reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.pictures import Picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.random import Generator

    from benchmarks.detect.scenes import Field

    Circle = tuple[float, float, float]
    Draw = Callable[[Generator, float], tuple[Field, list[Circle]]]

RENDERINGS, SEED = 40, 20261127
SMALLEST_PX, LARGEST_PX = 38.0, 160.0


@dataclass(frozen=True)
class Sweep:
    """A way to draw circles that one number makes harder, the values it takes, and what it is the number of."""

    draw: Draw
    values: tuple[float, ...]
    of: str = "scene"


def names() -> list[str]:
    """Return what can be swept."""
    return list(SWEEPS)


def half_of(name: str, half: int, renderings: int = RENDERINGS) -> Iterator[tuple[float, list[Picture]]]:
    """Yield each value of a sweep with its pictures of one half: 0 for tuning, 1 for reports."""
    sweep, number = SWEEPS[name], list(SWEEPS).index(name)
    for i, value in enumerate(sweep.values):
        seeds = range(half, renderings, 2)
        yield value, [_render(f"{name}-{value:g}-{seed}", sweep, value, [SEED, number, i, seed]) for seed in seeds]


def _render(name: str, sweep: Sweep, value: float, seed: list[int]) -> Picture:
    rng = np.random.default_rng(seed)
    scene, truth = sweep.draw(rng, value)
    blur_px = value if sweep.of == "blur" else rng.uniform(0.4, 1.5)
    std = value if sweep.of == "noise" else rng.uniform(0.5, 5)
    seen = cv2.GaussianBlur(scene, (0, 0), blur_px) if blur_px else scene
    noisy = seen + rng.normal(0, std, scene.shape)
    return Picture(name, np.clip(noisy, 0, 255).round().astype(np.uint8), truth)


def _place(rng: Generator, r: float | None = None) -> Circle:
    """Return a circle that is wholly in the frame, if it is small enough for that."""
    r = r or float(np.exp(rng.uniform(np.log(SMALLEST_PX), np.log(LARGEST_PX))))
    x, y = (float(rng.uniform(min(r, side / 2), max(side - r, side / 2))) for side in scenes.FRAME)
    return x, y, r


def _contrast(rng: Generator) -> float:
    return float(rng.choice([-1, 1]) * rng.uniform(30, 80))


def _disc(circle: Circle) -> Field:
    return scenes.blob(scenes.disc(circle[2]), *circle[:2])


def _texture(rng: Generator, std: float) -> Field:
    """Return blotches of one to four pixels."""
    rough = cv2.GaussianBlur(rng.normal(0, 1, scenes.FRAME[::-1]), (0, 0), rng.uniform(1, 4))
    return np.asarray(rough / rough.std() * std, np.float64)


def _over(scene: Field, cover: Field, colour: Field | float) -> Field:
    return np.asarray(scene + cover * (colour - scene), np.float64)


def line_ring(rng: Generator, width_px: float) -> tuple[Field, list[Circle]]:
    """Draw a ring on a wall, a line of this width; its outside is the circle."""
    x, y, r = _place(rng)
    ring = _disc((x, y, r)) - _disc((x, y, max(r - width_px, 0)))
    return scenes.ground(rng) + _contrast(rng) * ring, [(x, y, r)]


def bezel(rng: Generator, width_px: float) -> tuple[Field, list[Circle]]:
    """Draw a clock: a bezel of this width, twelve marks, two hands."""
    x, y, r = _place(rng, float(np.exp(rng.uniform(np.log(60), np.log(170)))))
    scene = scenes.ground(rng)
    face, ink = rng.uniform(150, 240), rng.uniform(15, 70)
    scene = _over(scene, _disc((x, y, r)), ink)
    scene = _over(scene, _disc((x, y, r - width_px)), face)
    inner = r - width_px
    strokes = [(inner * 0.8, inner * 0.93, hour * scenes.TURN / 12) for hour in range(12)]
    strokes += [(0, inner * 0.5, rng.uniform(0, scenes.TURN)), (0, inner * 0.75, rng.uniform(0, scenes.TURN))]
    for start, end, angle in strokes:
        ends = [(int(16 * (x + at * np.cos(angle))), int(16 * (y + at * np.sin(angle)))) for at in (start, end)]
        cv2.line(scene, ends[0], ends[1], ink, max(2, round(r / 30)), cv2.LINE_8, 4)
    return scene, [(x, y, r)]


def concentric(rng: Generator, rims: float) -> tuple[Field, list[Circle]]:
    """Draw a disc with so many rims inside, of any shade and distance, as loudspeakers and targets have them."""
    x, y, r = _place(rng, float(np.exp(rng.uniform(np.log(60), np.log(170)))))
    scene = scenes.ground(rng)
    shade = scene.mean() + _contrast(rng)
    scene = _over(scene, _disc((x, y, r)), shade)
    for share in sorted(rng.uniform(0.3, 0.95, int(rims)), reverse=True):
        shade += rng.choice([-1, 1]) * rng.uniform(20, 60)
        scene = _over(scene, _disc((x, y, r * share)), float(np.clip(shade, 10, 245)))
    return scene, [(x, y, r)]


def against_light(rng: Generator, share: float) -> tuple[Field, list[Circle]]:
    """Draw a disc before a wall and a window: on this share of the rim, the ground is brighter, else darker."""
    x, y, r = _place(rng)
    angle, reach = rng.uniform(0, scenes.TURN), r * np.cos(np.pi * share)
    columns, rows = np.meshgrid(np.arange(scenes.WIDTH_PX) - x, np.arange(scenes.HEIGHT_PX) - y)
    window = columns * np.cos(angle) + rows * np.sin(angle) > reach
    grey = rng.uniform(100, 150)
    dark, bright = grey - rng.uniform(30, 70), grey + rng.uniform(30, 70)
    return _over(np.where(window, bright, dark), _disc((x, y, r)), grey), [(x, y, r)]


def before_chessboard(rng: Generator, field_px: float) -> tuple[Field, list[Circle]]:
    """Draw a grey disc before a chessboard with fields of this size."""
    x, y, r = _place(rng)
    turned = rng.uniform(0, scenes.TURN)
    columns, rows = np.meshgrid(np.arange(scenes.WIDTH_PX), np.arange(scenes.HEIGHT_PX))
    across, up = columns * np.cos(turned) + rows * np.sin(turned), rows * np.cos(turned) - columns * np.sin(turned)
    board = np.asarray((np.floor(across / field_px) + np.floor(up / field_px)) % 2, np.float64)
    return _over(rng.uniform(30, 60) + rng.uniform(130, 180) * board, _disc((x, y, r)), rng.uniform(110, 140)), [
        (x, y, r)
    ]


def lit_ball(rng: Generator, strength: float) -> tuple[Field, list[Circle]]:
    """Draw a ball that light falls on from one side: at 1 its far side is as dark as it gets."""
    x, y, r = _place(rng)
    angle = rng.uniform(0, scenes.TURN)
    columns, rows = np.meshgrid(np.arange(scenes.WIDTH_PX) - x, np.arange(scenes.HEIGHT_PX) - y)
    towards = (columns * np.cos(angle) + rows * np.sin(angle)) / r
    height = np.sqrt(np.clip(1 - (columns**2 + rows**2) / r**2, 0, 1))
    light = np.clip(0.7 * towards + 0.7 * height, 0, 1)
    ball = rng.uniform(120, 220) * (1 - strength + strength * light)
    return _over(scenes.ground(rng), _disc((x, y, r)), ball), [(x, y, r)]


def texture(rng: Generator, std: float) -> tuple[Field, list[Circle]]:
    """Draw a disc with texture on and around it."""
    circle = _place(rng)
    scene = scenes.ground(rng) + _texture(rng, std)
    return _over(scene, _disc(circle), scene.mean() + _contrast(rng) + _texture(rng, std)), [circle]


def plain(rng: Generator, _: float) -> tuple[Field, list[Circle]]:
    """Draw a disc; what makes it harder comes after it."""
    circle = _place(rng)
    return scenes.ground(rng) + _contrast(rng) * _disc(circle), [circle]


def contrast(rng: Generator, levels: float) -> tuple[Field, list[Circle]]:
    """Draw a disc that differs from a plain wall by so many grey levels."""
    circle = _place(rng)
    return np.full(scenes.FRAME[::-1], rng.uniform(60, 190)) + rng.choice([-1, 1]) * levels * _disc(circle), [circle]


def arc(rng: Generator, share: float) -> tuple[Field, list[Circle]]:
    """Draw a disc behind a straight thing of the wall's shade, so that this share of the circumference is left."""
    x, y, r = _place(rng)
    scene, angle, reach = scenes.ground(rng), rng.uniform(0, scenes.TURN), r * np.cos(np.pi * (1 - share))
    columns, rows = np.meshgrid(np.arange(scenes.WIDTH_PX) - x, np.arange(scenes.HEIGHT_PX) - y)
    left = np.asarray(columns * np.cos(angle) + rows * np.sin(angle) <= reach, np.float64)
    return scene + _contrast(rng) * _disc((x, y, r)) * left, [(x, y, r)]


def overlapping(rng: Generator, share: float) -> tuple[Field, list[Circle]]:
    """Draw three discs in a row, each over this share of the diameter of the one before it."""
    r = float(rng.uniform(45, 85))
    turned = rng.uniform(0, scenes.TURN)
    scene, step = scenes.ground(rng), 2 * r * (1 - share)
    offsets = [(i * step * np.cos(turned), i * step * np.sin(turned)) for i in (-1, 0, 1)]
    x, y = (
        float(rng.uniform(*_between(side, r, spread))) for side, spread in zip(scenes.FRAME, offsets[2], strict=True)
    )
    truth = [(x + across, y + down, r) for across, down in offsets]
    mean, sign = scene.mean(), rng.choice([-1, 1])
    for i, circle in enumerate(truth):
        scene = _over(scene, _disc(circle), mean + sign * (25 + 20 * ((i + 1) % 3) + rng.uniform(0, 15)))
    return scene, truth


def _between(side: float, r: float, spread: float) -> tuple[float, float]:
    low, high = r + abs(spread), side - r - abs(spread)
    return (low, high) if low < high else (side / 2, side / 2)


def axis_ratio(rng: Generator, ratio: float) -> tuple[Field, list[Circle]]:
    """Draw a disc that is seen at a slant; its mean radius is the circle's."""
    x, y, r = _place(rng)
    outline = scenes.ellipse(r / np.sqrt(ratio), ratio, rng.uniform(0, scenes.TURN))
    return scenes.ground(rng) + _contrast(rng) * scenes.blob(outline, x, y), [(x, y, r)]


def radius(rng: Generator, r_px: float) -> tuple[Field, list[Circle]]:
    """Draw a disc of this radius, in a frame of twice the sides if it takes that."""
    size = scenes.FRAME if r_px < scenes.HEIGHT_PX / 2 else (2 * scenes.WIDTH_PX, 2 * scenes.HEIGHT_PX)
    x, y = (float(rng.uniform(r_px, side - r_px)) for side in size)
    return scenes.ground(rng, size) + _contrast(rng) * scenes.blob(scenes.disc(r_px), x, y, size), [(x, y, r_px)]


SWEEPS = {
    "line ring, px": Sweep(line_ring, (1, 2, 3, 4, 6, 8, 12, 16)),
    "clock bezel, px": Sweep(bezel, (3, 5, 8, 12, 18, 25)),
    "concentric rims": Sweep(concentric, (0, 1, 2, 3, 4, 5)),
    "against the light, share": Sweep(against_light, (0, 0.1, 0.2, 0.3, 0.4, 0.5)),
    "chessboard, px": Sweep(before_chessboard, (8, 15, 25, 40, 60, 100)),
    "ball lit from one side": Sweep(lit_ball, (0, 0.2, 0.4, 0.6, 0.8, 1)),
    "texture, std": Sweep(texture, (0, 5, 10, 15, 20, 30)),
    "noise, std": Sweep(plain, (0, 5, 10, 15, 20, 25, 30), "noise"),
    "contrast, levels": Sweep(contrast, (5, 8, 10, 15, 20, 40)),
    "blur, px": Sweep(plain, (0, 1, 2, 4, 6, 8), "blur"),
    "arc, share": Sweep(arc, (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)),
    "overlap, share": Sweep(overlapping, (0, 0.1, 0.2, 0.3, 0.4)),
    "axis ratio, from 0.86": Sweep(axis_ratio, (0.86, 0.88, 0.9, 0.93, 0.96, 1)),
    "axis ratio, below": Sweep(axis_ratio, (0.8, 0.82, 0.84)),
    "radius, px": Sweep(radius, (36, 50, 70, 100, 150, 200, 300, 400)),
}
