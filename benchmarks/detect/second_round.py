"""More round things, of other kinds than `round_things`: the second set that only reports are made on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detect import scenes
from benchmarks.detect.lens import Canvas, grid
from benchmarks.detect.outlines import bumpy, closed
from benchmarks.detect.round_things import angles, place, shade_beside, towards, within

if TYPE_CHECKING:
    from numpy.random import Generator

    from benchmarks.detect.lens import Circle
    from benchmarks.detect.round_things import Draw


def record(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a record: grooves, a label, a hole."""
    circle = place(rng, 70)
    canvas.disc(circle, 0.12 if shade_beside(rng, canvas, circle) < 0.5 else 0.85)  # noqa: PLR2004 -- vinyl or silver
    for share in np.arange(0.45, 0.97, rng.uniform(0.03, 0.1)):
        canvas.disc(within(circle, float(share)), 0.3, 1)
    canvas.disc(within(circle, rng.uniform(0.3, 0.4)), rng.uniform(0.4, 0.9))
    canvas.disc(within(circle, 0.04), 0.02)
    return [circle]


def button(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a button with two or four holes."""
    circle = place(rng)
    horn = shade_beside(rng, canvas, circle)
    canvas.disc(circle, horn)
    canvas.disc(within(circle, 0.8), horn + rng.uniform(-0.1, 0.1))
    for angle in angles(rng, int(rng.choice([2, 4]))):
        canvas.disc((*towards(circle, 0.28, angle), 0.11 * circle[2]), 0.03)
    return [circle]


def gauge(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a dial with ticks over three quarters of it, and a needle."""
    circle = place(rng, 55)
    canvas.disc(circle, shade_beside(rng, canvas, circle))
    canvas.disc(within(circle, rng.uniform(0.86, 0.95)), rng.uniform(0.75, 1))
    for tick in np.linspace(0.75 * np.pi, 2.25 * np.pi, int(rng.integers(8, 30))):
        canvas.line(towards(circle, 0.7, tick), towards(circle, 0.8, tick), circle[2] / 40, 0.05)
    needle = rng.uniform(0.75 * np.pi, 2.25 * np.pi)
    canvas.line(towards(circle, 0.15, needle + np.pi), towards(circle, 0.72, needle), circle[2] / 25, 0.1)
    return [circle]


def traffic_light(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw three lamps in a box, one of them on."""
    r = float(rng.uniform(40, 62))
    x, y = float(rng.uniform(90, scenes.WIDTH_PX - 90)), float(rng.uniform(1.2 * r + 5, scenes.HEIGHT_PX - 6.2 * r))
    body = rng.uniform(0.02, 0.2)
    corners = [
        (x - 1.4 * r, y - 1.3 * r),
        (x + 1.4 * r, y - 1.3 * r),
        (x + 1.4 * r, y + 6.1 * r),
        (x - 1.4 * r, y + 6.1 * r),
    ]
    canvas.shape(corners, body)
    truth = [(x, y + 2.4 * i * r, r) for i in range(3)]
    lit = int(rng.integers(3))
    for i, lamp in enumerate(truth):
        canvas.disc(lamp, 0.9 if i == lit else body + rng.uniform(0.12, 0.25))
    return truth


def washer(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a ring of metal with a wide hole, brushed along one direction."""
    circle = place(rng)
    x, y, r = circle
    metal, hole, turned = shade_beside(rng, canvas, circle), rng.uniform(0.35, 0.75), rng.uniform(0, scenes.TURN)
    across, down = grid()
    away = np.hypot(across - x, down - y)
    stripes = 0.05 * np.sin((across * np.cos(turned) + down * np.sin(turned)) * scenes.TURN / rng.uniform(4, 9))
    canvas.light[:] = np.where((away < r) & (away > hole * r), np.clip(metal + stripes, 0, 1) ** 2.2, canvas.light)
    return [circle]


def petri_dish(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a dish of glass: two thin rims, and spots that grow in it."""
    circle = place(rng, 60)
    canvas.disc(circle, shade_beside(rng, canvas, circle), rng.uniform(1.5, 3))
    canvas.disc(within(circle, rng.uniform(0.9, 0.95)), rng.uniform(0.6, 1), 1.5)
    for angle in angles(rng, int(rng.integers(4, 16))):
        canvas.disc((*towards(circle, rng.uniform(0.1, 0.8), angle), circle[2] * rng.uniform(0.02, 0.08)), 0.9)
    return [circle]


def pizza(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a crust that is a little uneven, cheese, toppings, and cuts."""
    circle = place(rng, 55)
    shade = shade_beside(rng, canvas, circle)
    canvas.shape(closed(circle, bumpy(rng, 0.008)), shade)
    canvas.shape(closed(within(circle, 0.87), bumpy(rng, 0.02)), shade + rng.uniform(0.05, 0.2) * rng.choice([-1, 1]))
    for angle in angles(rng, int(rng.integers(5, 14))):
        canvas.disc((*towards(circle, rng.uniform(0.15, 0.7), angle), 0.1 * circle[2]), rng.uniform(0, 0.5))
    for angle in angles(rng, 8):
        canvas.line(circle[:2], towards(circle, 0.98, angle), 1.5, shade - 0.15)
    return [circle]


def camera_lens(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw dark rims inside of each other, and what they mirror."""
    circle = place(rng, 55)
    canvas.disc(circle, shade_beside(rng, canvas, circle))
    for share in (0.92, 0.8, 0.62, 0.4):
        canvas.disc(within(circle, share), rng.uniform(0, 0.35))
    for share in (0.2, 0.45):
        canvas.oval((*towards(circle, share, -2.3), 0.14 * circle[2]), 0.6, 45, rng.uniform(0.6, 1))
    return [circle]


def jar_lid(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a lid with ridges along its rim."""
    circle = place(rng)
    shade = shade_beside(rng, canvas, circle)
    canvas.disc(circle, shade)
    for angle in angles(rng, int(rng.integers(40, 90))):
        canvas.line(towards(circle, 0.88, angle), towards(circle, 0.99, angle), 1, shade - 0.2)
    canvas.disc(within(circle, 0.86), shade + rng.uniform(-0.12, 0.12))
    return [circle]


def gear(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a gear with many small teeth; the circle goes along their tips."""
    circle = place(rng, 55)
    teeth, deep, shade = int(rng.integers(24, 60)), rng.uniform(0.03, 0.06), shade_beside(rng, canvas, circle)

    def tooth(angle: scenes.Field) -> scenes.Field:
        return np.asarray(1 - deep * (0.5 - np.clip(1.5 * np.cos(teeth * angle), -0.5, 0.5)), np.float64)

    canvas.shape(closed(circle, tooth, 1440), shade)
    canvas.disc(within(circle, rng.uniform(0.15, 0.4)), shade - 0.3)
    return [circle]


def moon(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc with soft plains and craters."""
    circle = place(rng)
    rock = shade_beside(rng, canvas, circle)
    canvas.disc(circle, rock)
    for _ in range(int(rng.integers(4, 12))):
        spot = (*towards(circle, rng.uniform(0, 0.7), rng.uniform(0, scenes.TURN)), circle[2] * rng.uniform(0.04, 0.22))
        canvas.disc(spot, rock - rng.uniform(0.02, 0.12))
    return [circle]


def medal(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a medal that hangs on a ribbon over its upper rim."""
    circle = place(rng)
    x, y, r = circle
    metal, ribbon = shade_beside(rng, canvas, circle), rng.uniform(0, 1)
    canvas.disc(circle, metal)
    canvas.disc(within(circle, 0.9), metal - rng.uniform(0.05, 0.15), 0.05 * r)
    canvas.words(towards(circle, 0.3, 2.4), "1", 0.9 * r, metal - 0.2)
    for lean in (-1, 1):
        canvas.line((x, y - 0.9 * r), (x + lean * 0.8 * r, y - 3 * r), 0.35 * r, ribbon)
    return [circle]


def drain(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a cover with holes in rings."""
    circle = place(rng, 50)
    metal = shade_beside(rng, canvas, circle)
    canvas.disc(circle, metal)
    for share, count in ((0.25, 6), (0.5, 12), (0.75, 18)):
        for angle in angles(rng, count):
            canvas.disc((*towards(circle, share, angle), 0.07 * circle[2]), 0.02)
    return [circle]


def tennis_ball(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw felt with two seams that meet the rim."""
    circle = place(rng)
    x, y, r = circle
    paper, felt, turned = Canvas(canvas.light.copy()), shade_beside(rng, canvas, circle), rng.uniform(0, scenes.TURN)
    paper.disc(circle, felt)
    for side in (0, np.pi):
        paper.disc((*towards(circle, 1.15, turned + side), 0.8 * r), felt + 0.2, 0.07 * r)
    across, down = grid()
    canvas.light[:] = np.where(np.hypot(across - x, down - y) < r, paper.light, canvas.light)
    return [circle]


def lollipop(rng: Generator, canvas: Canvas) -> list[Circle]:
    """Draw a disc with a spiral on it, and its stick."""
    circle = place(rng, 50)
    x, y, r = circle
    one, turns = shade_beside(rng, canvas, circle), rng.uniform(2, 5)
    other = one + 0.3 * (1 if one < 0.5 else -1)  # noqa: PLR2004 -- to where there is room
    canvas.line((x, y), (x, scenes.HEIGHT_PX), 0.12 * r, 0.95)
    across, down = grid()
    away = np.hypot(across - x, down - y)
    arm = np.sin(np.arctan2(down - y, across - x) * 2 + away / r * turns * scenes.TURN) > 0
    inside = np.where(arm & (away < 0.93 * r), np.clip(other, 0, 1), np.clip(one, 0, 1)) ** 2.2
    canvas.light[:] = np.where(away < r, inside, canvas.light)
    return [circle]


SECOND_ROUND: dict[str, Draw] = {
    each.__name__: each
    for each in (
        *(record, button, gauge, traffic_light, washer, petri_dish, pizza, camera_lens),
        *(jar_lid, gear, moon, medal, drain, tennis_ball, lollipop),
    )
}
