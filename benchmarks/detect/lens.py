"""Another way to photograph than `scenes`: in linear light, drawn finer, through a lens, a moving sensor and JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.detect import scenes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from benchmarks.detect.scenes import Picture

    Circle = tuple[float, float, float]
    Point = tuple[float, float]
    Light = NDArray[np.float32]

FINER, POINT_BITS, GAMMA = 3, 4, 2.2


def light_of(shade: float) -> float:
    """Return how much light gives a shade from 0, black, to 1, white."""
    return float(np.clip(shade, 0, 1) ** GAMMA)


@dataclass
class Canvas:
    """Light to draw on; lengths and places are in pixels of the frame, shades are from 0 to 1."""

    light: Light

    def disc(self, circle: Circle, shade: float, width: float = 0) -> None:
        """Draw a disc, or a ring whose outside is the circle."""
        x, y, r = circle
        line = -1 if width == 0 else max(1, round(width * FINER))
        self._circle((x, y, r - width / 2), shade, line)

    def oval(self, place: Circle, ratio: float, turned_deg: float, shade: float, width: float = 0) -> None:
        """Draw an ellipse whose longer half-axis is the place's radius, or its outline."""
        x, y, r = place
        line = -1 if width == 0 else max(1, round(width * FINER))
        axes = (_length(r), _length(r * ratio))
        cv2.ellipse(self.light, _place((x, y)), axes, turned_deg, 0, 360, light_of(shade), line, cv2.LINE_8, POINT_BITS)

    def shape(self, corners: Sequence[Point], shade: float) -> None:
        """Fill a polygon."""
        cv2.fillPoly(
            self.light, [np.array([_place(each) for each in corners])], light_of(shade), cv2.LINE_8, POINT_BITS
        )

    def line(self, start: Point, end: Point, width: float, shade: float) -> None:
        """Draw a straight stroke."""
        line = max(1, round(width * FINER))
        cv2.line(self.light, _place(start), _place(end), light_of(shade), line, cv2.LINE_8, POINT_BITS)

    def path(self, points: Sequence[Point], width: float, shade: float) -> None:
        """Draw a stroke through points."""
        line = max(1, round(width * FINER))
        corners = [np.array([_place(each) for each in points])]
        cv2.polylines(self.light, corners, isClosed=False, color=light_of(shade), thickness=line, shift=POINT_BITS)

    def words(self, start: Point, words: str, height: float, shade: float) -> None:
        """Write; a letter is about that high."""
        x, y = (value >> POINT_BITS for value in _place(start))
        size = height * FINER / 21
        cv2.putText(self.light, words, (x, y), cv2.FONT_HERSHEY_TRIPLEX, size, light_of(shade), max(1, int(1.5 * size)))

    def _circle(self, circle: Circle, shade: float, line: int) -> None:
        x, y, r = circle
        cv2.circle(self.light, _place((x, y)), _length(r), light_of(shade), line, cv2.LINE_8, POINT_BITS)


def _length(length: float) -> int:
    return round(length * FINER * (1 << POINT_BITS))


def _place(point: Point) -> tuple[int, int]:
    x, y = (round(((value + 0.5) * FINER - 0.5) * (1 << POINT_BITS)) for value in point)
    return x, y


def grid() -> tuple[Light, Light]:
    """Return x and y, in pixels of the frame, of all that can be drawn on."""
    columns, rows = (((np.arange(side * FINER) + 0.5) / FINER - 0.5).astype(np.float32) for side in scenes.FRAME)
    x, y = np.meshgrid(columns, rows)
    return x, y


def photograph(rng: Generator, canvas: Canvas, truth: list[Circle]) -> tuple[Picture, list[Circle]]:
    """Return the frame, and where the circles are in it."""
    light = np.asarray(cv2.resize(canvas.light, scenes.FRAME, interpolation=cv2.INTER_AREA), np.float32)
    light, truth = _roll(rng, light, truth) if rng.random() < 0.3 else (light, truth)  # noqa: PLR2004 -- three of ten
    light = _shake(rng, _defocus(rng, _darken_corners(rng, light)))
    shades = 255 * np.clip(_with_noise(rng, light * rng.uniform(0.5, 1.1)), 0, 1) ** (1 / GAMMA)
    if rng.random() < 0.4:  # noqa: PLR2004 -- four of ten cameras sharpen
        shades = shades + rng.uniform(0.4, 1.3) * (shades - cv2.GaussianBlur(shades, (0, 0), 1.2))
    frame = np.clip(shades, 0, 255).round().astype(np.uint8)
    _, packed = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 96))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8), truth


def _roll(rng: Generator, light: Light, truth: list[Circle]) -> tuple[Light, list[Circle]]:
    """Move each row farther than the one above, as a sensor that is read row by row does."""
    lean, middle = rng.uniform(-0.06, 0.06), scenes.HEIGHT_PX / 2
    matrix = np.array([[1, lean, -lean * middle], [0, 1, 0]])
    moved = cv2.warpAffine(light, matrix, scenes.FRAME, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32), [(x + lean * (y - middle), y, r) for x, y, r in truth]


def _darken_corners(rng: Generator, light: Light) -> Light:
    x, y = np.meshgrid(np.linspace(-1, 1, scenes.WIDTH_PX), np.linspace(-1, 1, scenes.HEIGHT_PX))
    return np.asarray(light * (1 - rng.uniform(0, 0.25) * (x * x + y * y)), np.float32)


def _defocus(rng: Generator, light: Light) -> Light:
    """Spread each point over a disc, as a lens does, not over a bell."""
    r = rng.uniform(0.4, 2.4)
    x, y = np.meshgrid(np.arange(-3, 4), np.arange(-3, 4))
    kernel = np.clip(r - np.hypot(x, y) + 0.5, 0, 1)
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def _shake(rng: Generator, light: Light) -> Light:
    if rng.random() < 0.6:  # noqa: PLR2004 -- most frames are still
        return light
    length, turned = rng.uniform(2, 12), rng.uniform(0, np.pi)
    kernel = np.zeros((15, 15), np.float32)
    ends = [(int(112 + 8 * s * length * np.cos(turned)), int(112 + 8 * s * length * np.sin(turned))) for s in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_8, POINT_BITS)
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def _with_noise(rng: Generator, light: Light) -> Light:
    """Add noise that grows with the light, in half of the frames smeared as cameras that count colours apart do."""
    noise = rng.normal(0, 1, light.shape)
    if rng.random() < 0.5:  # noqa: PLR2004 -- half of them
        noise = np.asarray(1.7 * cv2.GaussianBlur(noise, (0, 0), 0.6), np.float64)
    grain = rng.uniform(0.002, 0.03)
    return np.asarray(light + noise * np.sqrt(grain * grain * np.maximum(light, 0) + 0.002**2), np.float32)
