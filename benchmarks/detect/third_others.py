"""What lies in a classroom and is no circle, drawn by distances: the third set that only reports are made on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.sheet import beside, inner, rough, somewhere, unlike

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from benchmarks.detect.sheet import Circle, Point, Sheet

    Draw = Callable[[Generator, Sheet], None]


def _turn(rng: Generator) -> float:
    return float(rng.uniform(0, scenes.TURN))


def _bent(circle: Circle, start: float, end: float, ratio: float = 1) -> list[Point]:
    """Return points of an arc, squeezed from left and right."""
    x, y, r = circle
    return [(float(x + r * ratio * np.cos(a)), float(y + r * np.sin(a))) for a in np.linspace(start, end, 60)]


def hen_egg(rng: Generator, sheet: Sheet) -> None:
    """Draw eggs, blunt at one end and dim below."""
    for _ in range(int(rng.integers(1, 4))):
        circle = somewhere(rng)
        x, y, r = circle
        u, v = sheet.across((x, y), _turn(rng))
        pointed, ratio = rng.uniform(0.1, 0.25), rng.uniform(0.68, 0.78)
        width = ratio * r * (1 - pointed * u / r)
        away = np.hypot(u / r, v / np.maximum(width, 1))
        far = np.asarray((away - 1) * ratio * r, np.float32)
        shade = unlike(rng, sheet.shade_at((x, y)))
        sheet.paint(far, np.asarray(shade - rng.uniform(0, 0.2) * v / r, np.float32))


def exercise_books(rng: Generator, sheet: Sheet) -> None:
    """Draw books over each other, with labels."""
    for _ in range(int(rng.integers(2, 6))):
        circle, turned = somewhere(rng, 60), _turn(rng)
        half = (circle[2], circle[2] * rng.uniform(0.6, 0.8))
        shade = unlike(rng, sheet.shade_at(circle[:2]))
        sheet.darken(sheet.box(circle[:2], half, 2, turned), 3, 0.3)
        sheet.paint(sheet.box(circle[:2], half, rng.uniform(0.5, 8), turned), shade)
        label = (0.5 * half[0], 0.2 * half[1])
        sheet.paint(sheet.box(beside(circle, 0.2, turned), label, 1, turned), rng.uniform(0.7, 1))


def computer_keyboard(rng: Generator, sheet: Sheet) -> None:
    """Draw rows of keys with round corners, each with a sign."""
    turned, pitch = rng.uniform(-0.4, 0.4), rng.uniform(28, 100)
    body, key = rng.uniform(0.05, 0.9), 0.0
    u, v = sheet.across((320, 240), turned)
    sheet.shades[:] = body
    key = unlike(rng, body)
    v_row = np.floor(v / pitch)
    u_in, v_in = (u + 0.3 * pitch * v_row) % pitch - pitch / 2, v % pitch - pitch / 2
    corner, half = pitch * rng.uniform(0.08, 0.22), 0.43 * pitch
    over = np.hypot(np.maximum(np.abs(u_in) - half + corner, 0), np.maximum(np.abs(v_in) - half + corner, 0)) - corner
    sheet.paint(np.asarray(over, np.float32), key)
    sign = np.maximum(np.abs(u_in + 0.15 * pitch) - 0.06 * pitch, np.abs(v_in) - 0.16 * pitch)
    sheet.paint(np.asarray(sign, np.float32), unlike(rng, key))


def hair_bun(rng: Generator, sheet: Sheet) -> None:
    """Draw a head from behind or from the side: an oval, a bun of strands, a neck, shoulders."""
    circle = somewhere(rng, 60)
    x, y, r = circle
    skin, hair = rng.uniform(0.4, 0.8), rng.uniform(0.03, 0.35)
    sheet.paint(sheet.box((x, y + 2.1 * r), (1.7 * r, 0.9 * r), 0.7 * r, 0), rng.uniform(0.1, 0.9))
    sheet.paint(sheet.box((x, y + r), (0.35 * r, 0.6 * r), 0.2 * r, 0), skin)
    lean = np.pi / 2 + rng.normal(0, 0.2)
    sheet.paint(sheet.oval(circle, rng.uniform(0.68, 0.78), lean), skin if rng.random() < 0.5 else hair)  # noqa: PLR2004 -- half of them from behind
    sheet.paint(sheet.oval((x, y - 0.3 * r, 0.74 * r), rng.uniform(0.72, 0.82), rng.normal(0, 0.2)), hair)
    bun = (x + rng.uniform(-0.3, 0.3) * r, y - 1.05 * r, 0.4 * r)
    strands = hair + 0.08 * np.sin(sheet.angle(bun[:2]) * 9 + np.hypot(*sheet.across(bun[:2], 0)) / 3)
    sheet.paint(sheet.oval(bun, rng.uniform(0.6, 0.75), rng.normal(0, 0.3)), np.asarray(strands, np.float32))


def poster_letters(rng: Generator, sheet: Sheet) -> None:
    """Draw letters with bows, of strokes of any width: C, G, S, U, D, J, e, a, 3, 6."""
    paper = rng.uniform(0.55, 1) if rng.random() < 0.7 else rng.uniform(0, 0.3)  # noqa: PLR2004 -- most paper is light
    sheet.shades[:] = paper
    ink, height = unlike(rng, paper), float(70 * 5.5 ** rng.random())
    wide, ratio = height * rng.uniform(0.05, 0.2), rng.uniform(0.75, 1)
    for left in np.arange(0.6 * height, 640, 1.15 * height):
        bow = (float(left), 240.0 + float(rng.uniform(-1, 1)) * max(0, 230 - height / 2), (height - wide) / 2)
        for stroke in _letter(str(rng.choice(list("CGSUDJea36"))), bow, ratio):
            sheet.paint(sheet.wire(stroke, wide), ink)


def _letter(name: str, bow: Circle, ratio: float) -> list[list[Point]]:
    """Return the strokes of a letter in the ring of a bow; half bows are above and below."""
    x, y, r = bow
    right, left, top, bottom = x + ratio * r, x - ratio * r, y - r, y + r
    upper, lower = (x, y - r / 2, r / 2), (x, y + r / 2, r / 2)
    strokes = {
        "C": [_bent(bow, 0.85, 5.45, ratio)],
        "G": [[*_bent(bow, 5.5, 0.4, ratio), (right, y + 0.1 * r), (x + 0.2 * r, y + 0.1 * r)]],
        "S": [[*_bent(upper, -0.4, -4.7), *_bent(lower, -1.57, 2.8)]],
        "U": [[(left, top), *_bent((x, y, r), np.pi, 0, ratio), (right, top)]],
        "D": [[(left, bottom), (left, top), (x, top), *_bent(bow, -1.57, 1.57, ratio), (left, bottom)]],
        "J": [[(x, top), *_bent(lower, 0, 2.9)]],
        "e": [[(left, y), (right, y), *_bent(bow, 0, -5.3, ratio)]],
        "a": [_bent(lower, 0, 6.3, 1.35), [(x + 0.6 * r, y - 0.4 * r), (x + 0.6 * r, bottom)], _bent(upper, 3.4, 6.6)],
        "3": [[*_bent(upper, 3.6, 7.85), *_bent(lower, -1.57, 2.7)]],
        "6": [_bent(lower, 0, 6.3, 1.35), _bent(bow, 2.9, 5.2, 0.7)],
    }
    return strokes[name]


def speech_bubble(rng: Generator, sheet: Sheet) -> None:
    """Draw bubbles with a tail: ovals and boxes with round corners, with lines of words."""
    for _ in range(int(rng.integers(1, 4))):
        circle = somewhere(rng, 50)
        x, y, r = circle
        shade, ratio = unlike(rng, sheet.shade_at((x, y))), rng.uniform(0.5, 0.76)
        round_one = rng.random() < 0.6  # noqa: PLR2004 -- six of ten
        bubble = sheet.oval(circle, ratio, 0) if round_one else sheet.box((x, y), (r, ratio * r), 0.6 * ratio * r, 0)
        tail = sheet.wire([(x, y), beside(circle, 1.3 * ratio, rng.uniform(0.5, 2.6))], 0.15 * r)
        outline = rng.uniform(0, 4)
        sheet.paint(np.minimum(bubble, tail), unlike(rng, shade))
        sheet.paint(np.minimum(bubble, tail) + outline, shade)
        for line in (-0.25, 0, 0.25):
            words = [(x - 0.55 * r, y + line * r), (x + rng.uniform(0, 0.55) * r, y + line * r)]
            sheet.paint(sheet.wire(words, 0.06 * r), unlike(rng, shade))


def telephone(rng: Generator, sheet: Sheet) -> None:
    """Draw boxes with very round corners and rims inside: telephones, cushions, cases."""
    for _ in range(int(rng.integers(1, 4))):
        circle, turned = somewhere(rng, 45), _turn(rng)
        half = (0.9 * circle[2], 0.9 * circle[2] * rng.uniform(0.5, 1))
        corner, shade = min(half) * rng.uniform(0.15, 0.55), unlike(rng, sheet.shade_at(circle[:2]))
        far = sheet.box(circle[:2], half, corner, turned)
        sheet.paint(far, shade)
        sheet.paint(far + rng.uniform(0.05, 0.15) * circle[2], shade + rng.uniform(-0.2, 0.2))


def hexagon_nut(rng: Generator, sheet: Sheet) -> None:
    """Draw nuts and pencils' ends: hexagons with a small hole, of at least 60 px, their corners a little worn."""
    circle, turned = somewhere(rng, 60), _turn(rng)
    shade = unlike(rng, sheet.shade_at(circle[:2]))
    worn = rng.uniform(0, 0.08) * circle[2]
    far = sheet.regular(inner(circle, 1 - worn / circle[2]), 6, turned) - worn
    sheet.paint(far, shade)
    sheet.paint(sheet.disc((*circle[:2], min(0.5 * circle[2], 33.0))), unlike(rng, shade))


def clock_spring(rng: Generator, sheet: Sheet) -> None:
    """Draw a spring or a rolled mat: a winding that ends outside, of equal steps, as a band or a line."""
    circle = somewhere(rng, 75)
    x, y, r = circle
    turns, side, start = rng.uniform(1.7, 6), rng.choice([-1, 1]), _turn(rng)
    along = np.linspace(rng.uniform(0.1, 0.45), 1, 500)
    points = [beside((x, y, r), float(a), float(side * a * turns * scenes.TURN + start)) for a in along]
    sheet.paint(sheet.wire(points, r / turns * rng.uniform(0.1, 0.5)), unlike(rng, sheet.shade_at((x, y))))


def tilted_cup(rng: Generator, sheet: Sheet) -> None:
    """Draw a cup from the side: an oval rim, its inside, straight walls and a bottom that is a part of an oval."""
    circle = somewhere(rng, 50)
    x, y, r = circle
    ratio, shade = rng.uniform(0.25, 0.76), unlike(rng, sheet.shade_at((x, y)))
    deep = r * rng.uniform(0.7, 1.6)
    sheet.paint(sheet.oval((x, y + deep, 0.85 * r), ratio, 0), shade - 0.08)
    sheet.paint(sheet.box((x, y + deep / 2), (0.92 * r, deep / 2), 1, 0), shade - 0.08)
    sheet.paint(sheet.oval(circle, ratio, 0), shade)
    sheet.paint(sheet.oval(inner(circle, 0.9), ratio * rng.uniform(0.94, 1), 0), rng.uniform(0.05, 0.6))


def ivy(rng: Generator, sheet: Sheet) -> None:
    """Draw leaves with three to five lobes, over each other."""
    for _ in range(int(rng.integers(8, 40))):
        circle, lobes = somewhere(rng, 20), int(rng.integers(3, 6))
        angle = sheet.angle(circle[:2]) + _turn(rng)
        waves = 0.75 + rng.uniform(0.15, 0.3) * np.abs(np.cos(lobes / 2 * angle)) ** 1.5 + 0.1 * np.cos(angle)
        sheet.paint(sheet.waved(circle, np.asarray(0.8 * waves, np.float32)), rng.uniform(0.05, 0.7))


def looped_cable(rng: Generator, sheet: Sheet) -> None:
    """Draw a cable that crosses itself in loops of any form, as it falls."""
    shade, wide = unlike(rng, sheet.shade_at((320, 240))), rng.uniform(2, 12)
    for _ in range(int(rng.integers(1, 4))):
        t = np.linspace(0, 1, 400)
        waves = np.arange(1, 6)
        x, y = (
            middle + np.sum([rng.normal(0, far / k) * np.sin(scenes.TURN * k * t + _turn(rng)) for k in waves], axis=0)
            for middle, far in ((320, 170), (240, 130))
        )
        sheet.paint(sheet.wire(list(zip(x.tolist(), y.tolist(), strict=True)), wide), shade)


def scissors(rng: Generator, sheet: Sheet) -> None:
    """Draw two blades and two oval handles."""
    circle, turned = somewhere(rng, 90), _turn(rng)
    shade, grip = unlike(rng, sheet.shade_at(circle[:2])), rng.uniform(0, 1)
    for side in (-1, 1):
        lean = turned + side * rng.uniform(0.1, 0.35)
        sheet.paint(sheet.wire([beside(circle, -1, lean), beside(circle, 0.5, lean)], 0.12 * circle[2]), shade)
        ring = (*beside(circle, 0.85, lean), 0.4 * circle[2])
        sheet.paint(np.abs(sheet.oval(ring, rng.uniform(0.5, 0.7), lean)) - 0.05 * circle[2], grip)


def spectacles(rng: Generator, sheet: Sheet) -> None:
    """Draw glasses: two frames of ovals or boxes with round corners, a bridge and bows."""
    x, y, r = somewhere(rng, 45)
    shade, ratio, wide = unlike(rng, sheet.shade_at((x, y))), rng.uniform(0.55, 0.76), rng.uniform(2, 8)
    oval = rng.random() < 0.5  # noqa: PLR2004 -- half of them
    for side in (-1, 1):
        eye = (x + 1.2 * side * r, y, r)
        far = sheet.oval(eye, ratio, 0) if oval else sheet.box(eye[:2], (r, ratio * r), 0.35 * r, 0)
        sheet.paint(np.abs(far) - wide / 2, shade)
        sheet.paint(sheet.wire([(x + 2.2 * side * r, y - 0.2 * r), (x + 2.5 * side * r, y - r)], wide), shade)
    sheet.paint(sheet.wire([(x - 0.25 * r, y), (x + 0.25 * r, y)], wide), shade)


def croissant(rng: Generator, sheet: Sheet) -> None:
    """Draw bent things: beans, bananas, horseshoes of half a turn or a little more."""
    for _ in range(int(rng.integers(1, 4))):
        circle, start = somewhere(rng, 45), _turn(rng)
        points = _bent(inner(circle, 0.75), start, start + rng.uniform(1.8, 3.6), rng.uniform(0.7, 1))
        sheet.paint(sheet.wire(points, circle[2] * rng.uniform(0.15, 0.5)), unlike(rng, sheet.shade_at(circle[:2])))


def flower(rng: Generator, sheet: Sheet) -> None:
    """Draw five to nine petals about a small eye."""
    for _ in range(int(rng.integers(1, 4))):
        circle, count = somewhere(rng, 45), int(rng.integers(5, 10))
        shade, start = unlike(rng, sheet.shade_at(circle[:2])), _turn(rng)
        for petal in range(count):
            angle = start + petal * scenes.TURN / count
            leaf = (*beside(circle, 0.6, angle), 0.4 * circle[2])
            sheet.paint(sheet.oval(leaf, rng.uniform(0.45, 0.6), angle), shade + 0.06 * (petal % 2))
        sheet.paint(sheet.disc((*circle[:2], min(0.22 * circle[2], 33.0))), unlike(rng, shade))


def contour_map(rng: Generator, sheet: Sheet) -> None:
    """Draw lines of equal height over hills that are longer one way."""
    high = rough(rng, sheet, (rng.uniform(25, 45), rng.uniform(55, 90)))
    step = rng.uniform(0.15, 0.5)
    line = np.abs((high / step) % 1 - 0.5) < rng.uniform(0.04, 0.12)
    sheet.shades += rng.choice([-1, 1]) * rng.uniform(0.15, 0.4) * line.astype(np.float32)
    np.clip(sheet.shades, 0, 1, out=sheet.shades)


def wooden_blocks(rng: Generator, sheet: Sheet) -> None:
    """Draw blocks, wedges, bridges whose arch is half a circle, and tubes from the side."""
    for _ in range(int(rng.integers(2, 6))):
        circle, turned = somewhere(rng, 50), float(rng.normal(0, 0.3))
        shade = unlike(rng, sheet.shade_at(circle[:2]))
        below = sheet.shades.copy()
        block = sheet.box(circle[:2], (circle[2], 0.6 * circle[2]), 1, turned)
        sheet.paint(block, shade)
        if rng.random() < 0.5:  # noqa: PLR2004 -- half of them are bridges
            arch = (*beside(circle, 0.6, turned + np.pi / 2), 0.55 * circle[2])
            sheet.paint(np.maximum(sheet.disc(arch), block), below)


THIRD_OTHERS: dict[str, Draw] = {
    each.__name__: each
    for each in (
        *(hen_egg, exercise_books, computer_keyboard, hair_bun, poster_letters, speech_bubble, telephone, hexagon_nut),
        *(clock_spring, tilted_cup, ivy, looped_cable, scissors, spectacles, croissant, flower),
        *(contour_map, wooden_blocks),
    )
}
