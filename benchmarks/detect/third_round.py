"""Round things of a classroom, drawn by distances: the third set that only reports are made on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.sheet import beside, inner, rough, somewhere, unlike

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.random import Generator

    from benchmarks.detect.sheet import Circle, Sheet

    Draw = Callable[[Generator, Sheet], list[Circle]]


def _turn(rng: Generator) -> float:
    return float(rng.uniform(0, scenes.TURN))


def _laid(rng: Generator, sheet: Sheet, least_px: float = 38.0) -> tuple[Circle, float]:
    """Return a place whose shadow is laid, and a shade that differs from what is there."""
    circle = somewhere(rng, least_px)
    shade = unlike(rng, sheet.shade_at(circle[:2]))
    if rng.random() < 0.6:  # noqa: PLR2004 -- six of ten lie in light from a side
        shadow = (*beside(circle, rng.uniform(0.02, 0.12), _turn(rng)), circle[2])
        sheet.darken(sheet.disc(shadow), rng.uniform(1, 6), rng.uniform(0.1, 0.5))
    return circle, shade


def tape_roll(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a roll of tape: its layers, its core, and what it lies on within."""
    circle, shade = _laid(rng, sheet, 50)
    below = sheet.shades.copy()
    sheet.paint(sheet.disc(circle), shade)
    away = np.hypot(*sheet.across(circle[:2], 0))
    sheet.paint(sheet.disc(circle), shade + 0.05 * np.sin(away * scenes.TURN / rng.uniform(2.5, 7)))
    core = rng.uniform(0.45, 0.75)
    sheet.paint(sheet.disc(inner(circle, core)), rng.uniform(0.4, 0.8))
    sheet.paint(sheet.disc(inner(circle, core - 0.06)), below)
    return [circle]


def mug(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a mug from above: a handle, a wall, what is in it with foam or a gleam."""
    circle, shade = _laid(rng, sheet)
    at = _turn(rng)
    handle = beside(circle, 1.2, at)
    sheet.paint(sheet.box(handle, (0.3 * circle[2], 0.13 * circle[2]), 0.1 * circle[2], at), shade - 0.05)
    sheet.paint(sheet.disc(circle), shade)
    drink = (*beside(circle, rng.uniform(0, 0.04), _turn(rng)), circle[2] * rng.uniform(0.82, 0.92))
    sheet.paint(sheet.disc(drink), rng.uniform(0.05, 0.6))
    gleam = (*beside(drink, rng.uniform(0.2, 0.6), _turn(rng)), 0.2 * circle[2])
    sheet.paint(sheet.oval(gleam, 0.4, _turn(rng)), rng.uniform(0.5, 0.95))
    return [circle]


def screw_cap(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a bottle's cap whose rim is fluted; the circle goes along the tips."""
    circle, shade = _laid(rng, sheet)
    count, deep = int(rng.integers(20, 70)), rng.uniform(0.015, 0.05)
    waves = 1 - deep * (0.5 - 0.5 * np.cos(count * (sheet.angle(circle[:2]) + _turn(rng)))) ** rng.uniform(0.5, 2)
    sheet.paint(sheet.waved(circle, np.asarray(waves, np.float32)), shade)
    sheet.paint(sheet.disc(inner(circle, rng.uniform(0.6, 0.9))), shade + rng.uniform(-0.12, 0.12))
    return [circle]


def compact_disc(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a disc whose gleam goes around with the angle, a hole and its clear ring."""
    circle, shade = _laid(rng, sheet, 50)
    angle = sheet.angle(circle[:2])
    gleam = rng.uniform(0.05, 0.3) * np.abs(np.cos(angle + _turn(rng))) ** rng.uniform(2, 12)
    sheet.paint(sheet.disc(circle), np.asarray(shade + gleam, np.float32))
    sheet.paint(sheet.disc(inner(circle, 0.3)), rng.uniform(0.5, 0.9))
    sheet.paint(sheet.disc(inner(circle, 0.125)), rng.uniform(0, 0.5))
    return [circle]


def dinner_plate(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a plate with a slope that shades off, a line of colour, and perhaps a meal."""
    circle, shade = _laid(rng, sheet, 60)
    sheet.paint(sheet.disc(circle), shade)
    u, _ = sheet.across(circle[:2], _turn(rng))
    sheet.paint(sheet.disc(inner(circle, 0.72)), np.asarray(shade - 0.12 * u / circle[2], np.float32))
    sheet.paint(sheet.disc(inner(circle, 0.64)), shade + rng.uniform(-0.03, 0.03))
    sheet.paint(np.abs(sheet.disc(inner(circle, rng.uniform(0.9, 0.96)))) - rng.uniform(0.4, 1.5), unlike(rng, shade))
    for _ in range(int(rng.integers(0, 4))):
        food = (*beside(circle, rng.uniform(0, 0.4), _turn(rng)), circle[2] * rng.uniform(0.08, 0.3))
        sheet.paint(sheet.oval(food, rng.uniform(0.4, 1), _turn(rng)), rng.uniform(0.1, 0.7))
    return [circle]


def wall_clock(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a frame that is lit from a side, sixty marks and three hands."""
    circle, shade = _laid(rng, sheet, 55)
    lit = np.cos(sheet.angle(circle[:2]) - _turn(rng))
    sheet.paint(sheet.disc(circle), np.asarray(shade + rng.uniform(0, 0.15) * lit, np.float32))
    face = inner(circle, rng.uniform(0.84, 0.95))
    paper = rng.uniform(0.75, 1) if rng.random() < 0.7 else rng.uniform(0, 0.2)  # noqa: PLR2004 -- most faces are light
    ink = unlike(rng, paper)
    sheet.paint(sheet.disc(face), paper)
    for mark in range(60):
        angle, wide = mark * scenes.TURN / 60, 1.6 if mark % 5 == 0 else 0.6
        sheet.paint(sheet.box(beside(face, 0.86, angle), (0.06 * face[2], wide / 2), 0.1, angle), ink)
    for length, wide in ((0.45, 5.0), (0.7, 3.0), (0.75, 1.0)):
        angle = _turn(rng)
        sheet.paint(sheet.wire([beside(face, -0.1, angle), beside(face, length, angle)], wide), ink)
    return [circle]


def shirt_button(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a button with a dent, four holes and a thread, on cloth."""
    circle, shade = _laid(rng, sheet)
    u, v = sheet.across(circle[:2], _turn(rng))
    sheet.shades += rng.uniform(0.01, 0.05) * np.sign(np.sin(u / 2) * np.sin(v / 2))
    sheet.paint(sheet.disc(circle), shade)
    sheet.darken(np.abs(sheet.disc(inner(circle, 0.7))) - 1, 1.5, rng.uniform(0.1, 0.3))
    start = _turn(rng)
    holes = [beside(circle, 0.25, start + i * scenes.TURN / 4) for i in range(4)]
    for hole in holes:
        sheet.paint(sheet.disc((*hole, 0.08 * circle[2])), 0.1)
    sheet.paint(sheet.wire([holes[0], holes[2]], 0.06 * circle[2]), rng.uniform(0, 1))
    return [circle]


def bicycle_wheel(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a thin tyre, a bright rim, crossed spokes and a hub, seen through."""
    circle, shade = _laid(rng, sheet, 70)
    _, _, r = circle
    tyre = rng.uniform(0.04, 0.09) * r
    sheet.paint(np.abs(sheet.disc((*circle[:2], r - tyre / 2))) - tyre / 2, shade)
    sheet.paint(np.abs(sheet.disc((*circle[:2], r - 1.4 * tyre))) - 0.3 * tyre, rng.uniform(0.6, 0.9))
    for spoke in range(int(rng.integers(12, 32))):
        angle = spoke * scenes.TURN / 16
        ends = [beside(circle, 0.06, angle + (1.4 if spoke % 2 else -1.4)), beside(circle, 1 - 1.5 * tyre / r, angle)]
        sheet.paint(sheet.wire(ends, 0.8), 0.8)
    sheet.paint(sheet.disc(inner(circle, 0.08)), 0.3)
    return [circle]


def traffic_sign(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a round sign with a bar or an arrow, on a pole before what is behind it."""
    circle, shade = _laid(rng, sheet)
    x, y, r = circle
    sheet.paint(sheet.box((x, y + 300), (0.07 * r, 300), 0.1, 0), rng.uniform(0.3, 0.7))
    sheet.paint(sheet.disc(circle), shade)
    if rng.random() < 0.5:  # noqa: PLR2004 -- half of them
        sheet.paint(np.abs(sheet.disc(inner(circle, 0.95))) - 0.03 * r, unlike(rng, shade))
    turned = float(rng.choice([0, np.pi / 4, np.pi / 2]))
    sheet.paint(sheet.box((x, y), (0.65 * r, 0.14 * r), 0.5, turned), unlike(rng, shade))
    return [circle]


def basketball(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a ball: dim to one side, with grain and seams."""
    circle, shade = _laid(rng, sheet)
    x, y, r = circle
    u, v = sheet.across((x, y), _turn(rng))
    dim = np.clip(1 - rng.uniform(0.2, 0.6) * ((u / r + 1) / 2) ** 2, 0.1, 1)
    ball = shade * dim + rng.uniform(0.005, 0.03) * rough(rng, sheet, (1.2, 1.2))
    for seam in (np.abs(u), np.abs(v), np.abs(np.hypot(u - 1.3 * r, v) - r), np.abs(np.hypot(u + 1.3 * r, v) - r)):
        ball = np.where(seam < 0.02 * r, 0.5 * ball, ball)
    sheet.paint(sheet.disc(circle), np.asarray(ball, np.float32))
    return [circle]


def biscuit(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a biscuit, baked a little uneven, with crumbs of chocolate."""
    circle, shade = _laid(rng, sheet)
    angle = sheet.angle(circle[:2])
    waves = sum(rng.normal(0, 0.006) * np.cos(k * angle + _turn(rng)) for k in range(3, 11))
    dough = shade + rng.uniform(0.01, 0.05) * rough(rng, sheet, (3, 3))
    sheet.paint(sheet.waved(circle, np.asarray(1 + waves, np.float32)), np.asarray(dough, np.float32))
    for _ in range(int(rng.integers(0, 14))):
        crumb = (*beside(circle, 0.8 * np.sqrt(rng.random()), _turn(rng)), circle[2] * rng.uniform(0.04, 0.12))
        sheet.paint(sheet.oval(crumb, rng.uniform(0.5, 1), _turn(rng)), shade - rng.uniform(0.1, 0.4))
    return [circle]


def cogwheel(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a wheel with teeth of straight flanks; the circle goes along the tips."""
    circle, shade = _laid(rng, sheet, 55)
    count, deep = int(rng.integers(18, 48)), rng.uniform(0.04, 0.1)
    tooth = np.clip(0.5 + rng.uniform(1, 3) * np.cos(count * (sheet.angle(circle[:2]) + _turn(rng))), 0, 1)
    sheet.paint(sheet.waved(circle, np.asarray(1 - deep * (1 - tooth), np.float32)), shade)
    for spoke in range(5):
        hole = (*beside(circle, 0.5, spoke * scenes.TURN / 5), 0.2 * circle[2])
        sheet.paint(sheet.disc(hole), unlike(rng, shade))
    return [circle]


def magnifier(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw a ring with a handle, what is behind it a little lighter within."""
    circle, shade = _laid(rng, sheet, 50)
    at, wide = _turn(rng), circle[2] * rng.uniform(0.04, 0.14)
    sheet.paint(sheet.wire([beside(circle, 0.98, at), beside(circle, 2.2, at)], 0.2 * circle[2]), shade)
    sheet.paint(sheet.disc(circle), sheet.shades * rng.uniform(0.9, 1.1))
    sheet.paint(np.abs(sheet.disc((*circle[:2], circle[2] - wide / 2))) - wide / 2, shade)
    return [circle]


def stickers(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw two to nine sticky dots of one size that do not touch."""
    r = float(rng.uniform(38, 60))
    truth: list[Circle] = []
    for _ in range(60):
        x, y = (float(rng.uniform(r + 2, side - r - 2)) for side in scenes.FRAME)
        if len(truth) < int(rng.integers(2, 10)) and all(np.hypot(x - a, y - b) > 2 * r + 4 for a, b, _ in truth):
            truth.append((x, y, r))
            sheet.paint(sheet.disc(truth[-1]), unlike(rng, sheet.shade_at((x, y))))
    return truth


def paper_roll(rng: Generator, sheet: Sheet) -> list[Circle]:
    """Draw the end of a roll of paper: a faint winding, a tube, and the end of the sheet that hangs down."""
    circle, shade = _laid(rng, sheet, 50)
    x, y, r = circle
    sheet.paint(sheet.box((x + 0.93 * r, y + 150), (0.07 * r, 150), 1, 0), shade - 0.1)
    u, v = sheet.across((x, y), 0)
    wound = np.sin(np.hypot(u, v) * scenes.TURN / rng.uniform(3, 9) + np.arctan2(v, u))
    sheet.paint(sheet.disc(circle), np.asarray(shade + rng.uniform(0.01, 0.06) * wound, np.float32))
    sheet.paint(sheet.disc(inner(circle, rng.uniform(0.2, 0.4))), rng.uniform(0.05, 0.4))
    return [circle]


THIRD_ROUND: dict[str, Draw] = {
    each.__name__: each
    for each in (
        *(tape_roll, mug, screw_cap, compact_disc, dinner_plate, wall_clock, shirt_button, bicycle_wheel),
        *(traffic_sign, basketball, biscuit, cogwheel, magnifier, stickers, paper_roll),
    )
}
