"""Time against clutter as an SVG, both axes logarithmic."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 720, 460, 60
COLOURS = ("#0a7d4b", "#3a62b5", "#b07c00", "#c4402d", "#7a3d9a")
LINE_PX = 16
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Axis:
    """Where a number stands between two ends in pixels."""

    low: float
    high: float
    start_px: float
    end_px: float

    def place(self, value: float) -> float:
        """Return its pixel."""
        share = math.log(value / self.low) / (math.log(self.high / self.low) or 1)
        return self.start_px + share * (self.end_px - self.start_px)

    def powers(self) -> list[float]:
        """Return the powers of ten on the axis."""
        first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
        return [10.0**power for power in range(first, last + 1)]


def draw(series: dict[str, Points], x_label: str, y_label: str) -> str:
    """Return the picture; both numbers of a point must be above 0."""
    xs, ys = zip(*(point for each in series.values() for point in each), strict=True)
    across = Axis(min(xs), max(xs), MARGIN, WIDTH - MARGIN)
    up = Axis(min(ys), max(ys), HEIGHT - MARGIN, MARGIN)
    parts = [_text(WIDTH / 2, HEIGHT - 12, x_label), _text(MARGIN, MARGIN - 12, y_label)]
    parts += [_text(across.place(mark), HEIGHT - MARGIN + LINE_PX, f"{mark:g}") for mark in across.powers()]
    parts += [_text(MARGIN / 2, up.place(mark), f"{mark:g}") for mark in up.powers()]
    for i, (name, each) in enumerate(series.items()):
        colour = COLOURS[i % len(COLOURS)]
        parts += [_dot(across.place(x), up.place(y), colour) for x, y in each]
        parts.append(_text(WIDTH - 2 * MARGIN, MARGIN + LINE_PX * i, name, colour))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">'
    return "\n".join([head, *parts, "</svg>", ""])


def _dot(x: float, y: float, colour: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}" fill-opacity="0.6"/>'


def _text(x: float, y: float, words: str, colour: str = "#333") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" font-size="13" fill="{colour}">{words}</text>'
