"""A target to print: a black disc as large as a camera at a known distance has to see it for a known radius."""

from __future__ import annotations

import math

from agent.errors import ConfigError

PAGES_MM = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
EDGE_MM = 10.0
# Of the Camera Module 2 across 640 pixels of its whole picture; of the Module 3 it is 66.
USUAL_ANGLE_DEG = 62.2


def radius_mm(radius_px: float, distance_mm: float, width_px: float, angle_deg: float) -> float:
    """Return the size that a disc facing the camera must have: it grows with the distance and the angle."""
    focus_px = width_px / 2 / math.tan(math.radians(angle_deg) / 2)
    return radius_px * distance_mm / focus_px


def draw_target(r_mm: float, legend: str, page: str) -> str:
    """Return the page as an SVG in true size; ConfigError if the disc does not fit on it."""
    width, height = PAGES_MM[page]
    most = width / 2 - EDGE_MM
    if r_mm > most:
        raise ConfigError(
            f"The disc would have a radius of {r_mm:.0f} mm, but {page} takes {most:.0f}; "
            "come closer or take a smaller radius."
        )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm"'
    middle, foot = (
        f'x="{width / 2}" y="{height - EDGE_MM}" text-anchor="middle"',
        'font-family="sans-serif" font-size="4"',
    )
    return (
        f'{head} viewBox="0 0 {width} {height}">\n'
        f'<rect width="{width}" height="{height}" fill="white"/>\n'
        f'<circle cx="{width / 2}" cy="{height / 2}" r="{r_mm:.2f}" fill="black"/>\n'
        f"<text {middle} {foot}>{legend}</text>\n"
        "</svg>\n"
    )
