"""Paper that knows how far each place is from an outline, and a cheap camera: how the third set is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

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
    Far = NDArray[np.floating[Any]]

FINE = 2
SMALLEST_PX, LARGEST_PX = 38.0, 175.0


@dataclass
class Sheet:
    """Shades from 0 to 1 at FINE places a pixel; a distance is in pixels of the frame, below 0 inside."""

    shades: Far
    x: Far
    y: Far

    def paint(self, far: Far, shade: float | Far) -> None:
        """Cover what is inside."""
        inside = np.clip(0.5 - FINE * far, 0, 1)
        self.shades += inside * (np.asarray(np.clip(shade, 0, 1), np.float32) - self.shades)

    def darken(self, far: Far, soft_px: float, deep: float) -> None:
        """Lay a soft shadow around what is inside."""
        self.shades *= 1 - deep / (1 + np.exp(np.clip(far / soft_px, -30, 30)))

    def disc(self, circle: Circle) -> Far:
        """Return the distance to a circle."""
        return self.oval(circle, 1, 0)

    def oval(self, circle: Circle, ratio: float, turned: float) -> Far:
        """Return about the distance to an ellipse with this longer half-axis."""
        u, v = self.across(circle[:2], turned)
        x, y = u / circle[2], v / (circle[2] * ratio)
        away, slope = np.hypot(x, y), np.hypot(u / circle[2] ** 2, v / (circle[2] * ratio) ** 2)
        return np.asarray(away * (away - 1) / np.maximum(slope, 1e-6), np.float32)

    def across(self, middle: Point, turned: float) -> tuple[Far, Far]:
        """Return coordinates from a point, along a direction and across it."""
        x, y = self.x - np.float32(middle[0]), self.y - np.float32(middle[1])
        c, s = np.float32(np.cos(turned)), np.float32(np.sin(turned))
        return x * c + y * s, y * c - x * s

    def box(self, middle: Point, half: Point, corner: float, turned: float) -> Far:
        """Return the distance to a box with round corners."""
        u, v = (
            np.abs(each) - np.float32(side - corner)
            for each, side in zip(self.across(middle, turned), half, strict=True)
        )
        outside = np.hypot(np.maximum(u, 0), np.maximum(v, 0))
        return np.asarray(outside + np.minimum(np.maximum(u, v), 0) - corner, np.float32)

    def regular(self, circle: Circle, corners: int, turned: float) -> Far:
        """Return the distance to a regular polygon's sides; its corners are on the circle."""
        u, v = self.across(circle[:2], turned)
        half = np.pi / corners
        angle = np.arctan2(v, u) % (2 * half) - half
        return np.asarray(np.hypot(u, v) * np.cos(angle) - circle[2] * np.cos(half), np.float32)

    def wire(self, points: Sequence[Point], width: float) -> Far:
        """Return the distance to a line through points, of this width."""
        ends = np.asarray(points, np.float32)
        line = np.full(self.shades.shape, 255, np.uint8)
        corners = np.round((ends + 0.5) * FINE * 16 - 8).astype(np.int32)
        cv2.polylines(line, [corners], isClosed=False, color=0, thickness=1, lineType=cv2.LINE_8, shift=4)
        far = cv2.distanceTransform(line, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        return np.asarray(far / FINE - width / 2, np.float32)

    def waved(self, circle: Circle, waves: Far) -> Far:
        """Return about the distance to an outline by its share of the radius at each place."""
        u, v = self.across(circle[:2], 0)
        return np.asarray(np.hypot(u, v) - circle[2] * waves, np.float32)

    def angle(self, middle: Point) -> Far:
        """Return the direction from a point to each place."""
        return np.asarray(np.arctan2(self.y - middle[1], self.x - middle[0]), np.float32)

    def shade_at(self, point: Point) -> float:
        """Return the shade of a place."""
        rows, columns = self.shades.shape
        at = (int(np.clip(FINE * value, 0, most - 1)) for value, most in zip(point[::-1], (rows, columns), strict=True))
        return float(self.shades[tuple(at)])


def desk(rng: Generator) -> Sheet:
    """Return a desk, a wall or a floor, with what light does to it."""
    columns, rows = ((np.arange(side * FINE, dtype=np.float32) + 0.5) / FINE - 0.5 for side in scenes.FRAME)
    x, y = np.meshgrid(columns, rows)
    sheet = Sheet(np.full(x.shape, rng.uniform(0.2, 0.85), np.float32), x, y)
    u, v = sheet.across((320, 240), rng.uniform(0, scenes.TURN))
    kind = int(rng.integers(6))
    if kind == 1:
        grain = rough(rng, sheet, (rng.uniform(1, 3), rng.uniform(40, 120)))
        sheet.shades += rng.uniform(0.02, 0.08) * grain
    elif kind == 2:  # noqa: PLR2004 -- the third of six: squared paper
        pitch = rng.uniform(14, 40)
        sheet.shades -= rng.uniform(0.08, 0.25) * (np.minimum(u % pitch, v % pitch) < 1)
    elif kind == 3:  # noqa: PLR2004 -- the fourth: a shelf's edge
        sheet.shades += rng.uniform(-0.25, 0.25) * (u > rng.uniform(-150, 150))
    elif kind == 4:  # noqa: PLR2004 -- the fifth: stone
        sheet.shades += rng.uniform(0.01, 0.06) * rough(rng, sheet, (rng.uniform(1, 6),) * 2)
    lamp = np.hypot(u - rng.uniform(-300, 300), v - rng.uniform(-300, 300))
    sheet.shades *= 1 + rng.uniform(-0.15, 0.15) * (1 - lamp / 400)
    np.clip(sheet.shades, 0.02, 1, out=sheet.shades)
    return sheet


def rough(rng: Generator, sheet: Sheet, lengths_px: Point) -> Far:
    """Return heights with a standard deviation of 1 that change over these lengths."""
    small = rng.normal(0, 1, (scenes.HEIGHT_PX, scenes.WIDTH_PX)).astype(np.float32)
    smooth = cv2.GaussianBlur(small, (0, 0), sigmaX=lengths_px[1], sigmaY=lengths_px[0])
    return np.asarray(cv2.resize(smooth / smooth.std(), sheet.shades.shape[::-1]), np.float32)


def somewhere(rng: Generator, least_px: float = SMALLEST_PX) -> Circle:
    """Return a circle in the frame; a third of them are cut by its border a little."""
    r = float(least_px * (LARGEST_PX / least_px) ** rng.random())
    keep = r * (0.85 if rng.random() < 1 / 3 else 1.03)
    x, y = (float(rng.uniform(keep, side - keep)) for side in scenes.FRAME)
    return x, y, r


def unlike(rng: Generator, shade: float) -> float:
    """Return a shade that differs."""
    other = shade + rng.choice([-1, 1]) * rng.uniform(0.14, 0.6)
    return float(other if 0.03 < other < 0.97 else 1 - other if abs(1 - 2 * shade) > 0.3 else (shade + 0.5) % 1)  # noqa: PLR2004 -- within black and white


def inner(circle: Circle, share: float) -> Circle:
    """Return a circle about the same centre."""
    return circle[0], circle[1], share * circle[2]


def beside(circle: Circle, share: float, angle: float) -> Point:
    """Return the place at this share of the radius."""
    return float(circle[0] + share * circle[2] * np.cos(angle)), float(circle[1] + share * circle[2] * np.sin(angle))


def snap(rng: Generator, sheet: Sheet, truth: list[Circle]) -> tuple[Picture, list[Circle]]:
    """Return the frame of a cheap camera: fewer pixels made larger, a curve, mains flicker, smoothing and WebP."""
    frame = cv2.resize(sheet.shades, scenes.FRAME, interpolation=cv2.INTER_AREA)
    sensor = rng.uniform(0.5, 1) if rng.random() < 0.4 else 1  # noqa: PLR2004 -- four of ten have fewer pixels
    small = cv2.resize(frame, None, fx=sensor, fy=sensor, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.3, 1.6)) * rng.uniform(0.35, 1.05)
    flicker = rng.uniform(0, 0.04) * np.sin(np.arange(len(small)) / rng.uniform(10, 90))[:, None]
    small = small * (1 + flicker) + rng.normal(0, rng.uniform(0.002, 0.03), small.shape)
    curve = np.clip(small, 0, 1) * (1 + (bend := rng.uniform(0, 0.5))) / (1 + bend * np.clip(small, 0, 1))
    shades = np.asarray(255 * curve, np.uint8)
    if rng.random() < 0.5:  # noqa: PLR2004 -- half of them smooth what looks like noise
        shades = np.asarray(cv2.bilateralFilter(shades, 5, rng.uniform(10, 40), 2), np.uint8)
    shades = np.asarray(cv2.resize(shades, scenes.FRAME, interpolation=cv2.INTER_CUBIC), np.uint8)
    _, packed = cv2.imencode(".webp", shades, [cv2.IMWRITE_WEBP_QUALITY, int(rng.integers(25, 90))])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.uint8), truth
