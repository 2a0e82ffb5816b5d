"""Things that are no circles and that the detector is tuned on; they share no drawing with the sets for reports."""

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

    from benchmarks.detect.lens import Canvas, Circle, Point
    from benchmarks.detect.other_things import Draw
    from benchmarks.detect.scenes import Field

FACES = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
)
TURN_DEG = 360.0


def _wound(circle: Circle, shares: Field, turned: Field, ratio: float = 1, lean: float = 0) -> list[Point]:
    """Return points at these shares of the radius and angles, squeezed across a direction."""
    x, y, r = circle
    u, v = r * shares * np.cos(turned), r * ratio * shares * np.sin(turned)
    c, s = np.cos(lean), np.sin(lean)
    return [(float(x + a * c - b * s), float(y + a * s + b * c)) for a, b in zip(u, v, strict=True)]


def winding(rng: Generator, canvas: Canvas) -> None:
    """Draw one to three lines that wind outwards, by any law, some as seen at a slant."""
    circle = place(rng, 70)
    turns, width, arms = rng.uniform(1.6, 9), rng.uniform(1.5, 6), int(rng.choice([1, 1, 1, 2, 3]))
    ink, law, side = shade_beside(rng, canvas, circle), rng.uniform(0.5, 1.6), rng.choice([-1, 1])
    ratio, lean = (rng.uniform(0.86, 1) if rng.random() < 0.3 else 1), rng.uniform(0, scenes.TURN)  # noqa: PLR2004 -- three of ten
    along = np.linspace(rng.uniform(0.05, 0.4), 1, 600)
    shares = along**law if rng.random() < 0.7 else 8 ** (along - 1)  # noqa: PLR2004 -- most of them
    for arm in range(arms):
        turned = side * along * turns * scenes.TURN / arms + arm * scenes.TURN / arms
        canvas.path(_wound(circle, shares, turned, ratio, lean), width, ink)


def almost_closed(rng: Generator, canvas: Canvas) -> None:
    """Draw a single turn or two that ends well outside of where it began, with a line or filled."""
    circle = place(rng, 50)
    turns, gain = rng.uniform(0.95, 1.8), rng.uniform(0.13, 0.4)
    along = np.linspace(0, 1, 400)
    points = _wound(circle, 1 - gain * along * turns, rng.uniform(0, scenes.TURN) + along * turns * scenes.TURN)
    canvas.path(points, rng.uniform(2, 10), shade_beside(rng, canvas, circle))


def nested_ovals(rng: Generator, canvas: Canvas) -> None:
    """Draw two to four ellipses inside of each other, with lines or filled, not quite of one ratio."""
    circle = place(rng)
    ratio, lean, share = rng.uniform(0.5, 0.82), rng.uniform(0, TURN_DEG), 1.0
    shade, filled = shade_beside(rng, canvas, circle), rng.random() < 0.4  # noqa: PLR2004 -- four of ten
    width = rng.uniform(1.5, 6)
    for i in range(int(rng.integers(2, 5))):
        oval = within(circle, share)
        wave = 0.25 * (i % 2) * (1 if shade < 0.5 else -1)  # noqa: PLR2004 -- to where there is room
        canvas.oval(
            oval,
            min(0.83, ratio * rng.uniform(0.97, 1.03)),
            lean,
            shade + wave if filled else shade,
            0 if filled else width,
        )
        share *= rng.uniform(0.65, 0.97)


def hollow_oval(rng: Generator, canvas: Canvas) -> None:
    """Draw a band of one width about an ellipse."""
    circle = place(rng)
    lean = rng.uniform(0, TURN_DEG)
    canvas.oval(circle, rng.uniform(0.5, 0.8), lean, shade_beside(rng, canvas, circle), rng.uniform(2, 0.4 * circle[2]))


def lettering(rng: Generator, canvas: Canvas) -> None:
    """Draw one to three letters of any face, thick or thin, up to the height of the frame."""
    if rng.random() < 0.5:  # noqa: PLR2004 -- half of them on paper
        canvas.light[:] = light_of(rng.uniform(0.5, 0.95))
    height = float(np.exp(rng.uniform(np.log(50), np.log(330))))
    size, at = height * FINER / 21, (int(rng.uniform(-100, 500)), int(FINER * rng.uniform(height, 480)))
    words = "".join(rng.choice(list("CGDSJUBPRecshn253&")) for _ in range(int(640 / height) + 1))
    thick = max(2, int(size * np.exp(rng.uniform(0, np.log(5)))))
    cv2.putText(
        canvas.light, words, at, FACES[int(rng.integers(len(FACES)))], size, light_of(rng.uniform(0, 0.35)), thick
    )


def puppet(rng: Generator, canvas: Canvas) -> None:
    """Draw a head from in front or from the side: a skull, a jaw, hair, a neck, ears."""
    circle, turned = place(rng, 55), rng.normal(0, 0.3)
    x, y, r = circle
    skin, hair = rng.uniform(0.35, 0.9), rng.uniform(0, 0.5)
    jaw, wide = rng.uniform(0.1, 0.25), rng.uniform(0.66, 0.82)

    def head(angle: Field) -> Field:
        return np.asarray(
            scenes.ellipse(1, wide, turned + np.pi / 2)(angle) * (1 - jaw * np.maximum(np.sin(angle - turned), 0) ** 4),
            np.float64,
        )

    canvas.line((x, y), (x + 0.2 * r, y + 2 * r), 0.8 * r, skin - 0.1)
    for side in (-1, 1):
        canvas.oval((x + side * wide * r, y, 0.2 * r), 0.6, 90, skin - 0.05)
    if rng.random() < 0.6:  # noqa: PLR2004 -- six of ten
        canvas.shape(closed((x, y - 0.1 * r, 1.1 * r), bumpy(rng, 0.05, (2, 9))), hair)
    canvas.shape(closed(circle, head), skin)
    canvas.shape(closed((x, y - 0.65 * r, 0.62 * r), superellipse(2.4, 0.55, turned)), hair)
    for side in (-1, 1):
        canvas.oval((x + side * 0.28 * r, y - 0.05 * r, 0.1 * r), 0.5, 0, 0.05)


def pebbles(rng: Generator, canvas: Canvas) -> None:
    """Draw stones: smooth, and each longer one way or flat on a side."""
    for _ in range(int(rng.integers(1, 8))):
        circle = place(rng)
        ratio, lean, shade = rng.uniform(0.5, 0.78), rng.uniform(0, scenes.TURN), shade_beside(rng, canvas, circle)
        rough = bumpy(rng, rng.uniform(0.01, 0.05), (3, 7))

        def stone(angle: Field, ratio: float = ratio, lean: float = lean, rough: scenes.Outline = rough) -> Field:
            return np.asarray(scenes.ellipse(1, ratio, lean)(angle) * rough(angle), np.float64)

        canvas.shape(closed(circle, stone), shade)
        canvas.shape(closed(within(circle, 0.85), stone), shade + rng.uniform(-0.08, 0.08))


def cushion(rng: Generator, canvas: Canvas) -> None:
    """Draw regular shapes of three to six corners that are rounded, with a seam."""
    circle, count = place(rng), int(rng.integers(3, 7))
    deep = {3: 0.2, 4: 0.14, 5: 0.11, 6: 0.09}[count] * rng.uniform(0.8, 1.5) / 2
    turned, shade = rng.uniform(0, scenes.TURN), shade_beside(rng, canvas, circle)

    def outline(angle: Field) -> Field:
        return np.asarray(1 - deep * (1 - np.cos(count * (angle - turned))), np.float64)

    canvas.shape(closed(circle, outline), shade)
    canvas.shape(closed(within(circle, rng.uniform(0.8, 0.95)), outline), shade + rng.uniform(-0.1, 0.1))


def leaves(rng: Generator, canvas: Canvas) -> None:
    """Draw pointed leaves with a vein, over each other."""
    size = float(rng.uniform(15, 90))
    for _ in range(int(60000 / size**1.4)):
        spot = (float(rng.uniform(0, 640)), float(rng.uniform(0, 480)), size * rng.uniform(0.6, 1.3))
        lean, wide, green = rng.uniform(0, scenes.TURN), rng.uniform(0.2, 0.5), rng.uniform(0.05, 0.8)
        t = np.linspace(-1, 1, 30)
        along = np.concatenate([t, t[::-1]])
        across = np.concatenate([wide * (1 - t * t), -wide * (1 - t * t)])
        points = _wound(spot, np.hypot(along, across), np.arctan2(across, along) + lean)
        canvas.shape(points, green)
        canvas.line(points[0], points[29], 1.5, green + 0.12)


def wrinkles(rng: Generator, canvas: Canvas) -> None:
    """Draw lines of a random height, as of wood, water or marble."""
    rough = cv2.GaussianBlur(rng.normal(0, 1, scenes.FRAME[::-1]), (0, 0), rng.uniform(8, 60))
    high = cv2.resize(rough / rough.std(), (scenes.WIDTH_PX * FINER, scenes.HEIGHT_PX * FINER))
    x, y = grid()
    lines = np.sin((high * rng.uniform(2, 12) + (x + y) / rng.uniform(15, 200)) * scenes.TURN / 2)
    canvas.light[:] = np.clip(0.35 + rng.uniform(0.05, 0.3) * (np.sign(lines) if rng.random() < 0.5 else lines), 0, 1)  # noqa: PLR2004 -- half of them


TUNING_OTHERS: dict[str, Draw] = {
    each.__name__: each
    for each in (
        *(winding, almost_closed, nested_ovals, hollow_oval, lettering),
        *(puppet, pebbles, cushion, leaves, wrinkles),
    )
}
