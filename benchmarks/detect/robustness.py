"""`python -m benchmarks.detect.robustness`: how often and how exactly a disc is found, and what else is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np

from agent.circles.pilab import PilabDetector
from agent.settings.circles import PRESETS
from benchmarks.detect import scenes
from benchmarks.detect.distractors import DISTRACTORS
from benchmarks.detect.yardstick import LEAST_OVERLAP, overlap

if TYPE_CHECKING:
    from collections.abc import Callable

CONTRASTS = (10, 15, 20, 40, 80)
MOTIONS_PX = (0, 5, 10, 15, 20)
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6)
TRIALS, SEED, GREY, PLAIN = 40, 7, 120.0, 80.0
LIT_TRIALS = 200


def main() -> int:
    """Print what is found of discs by contrast and by motion, for share of the arc, and what else lights the LED."""
    _say("Found (median error of centre, of radius in px); noise 0 to 5, blur 0.5 to 2, radius 38 to 180 px.\n")
    _say("| contrast | " + " | ".join(f"{100 * share:.0f} % of the arc" for share in SHARES) + " |")
    _say("|---" * (len(SHARES) + 1) + "|")
    for contrast in CONTRASTS:
        _say(f"| {contrast} | " + " | ".join(_cell(contrast, share, 0) for share in SHARES) + " |")
    for motion_px in MOTIONS_PX[1:]:
        cells = " | ".join(_cell(PLAIN, share, motion_px) for share in SHARES)
        _say(f"| {PLAIN:g}, moved by {motion_px} px | {cells} |")
    _say("\n| not a circle | lights the LED |\n|---|---|")
    for name, draw in DISTRACTORS.items():
        _say(f"| {name} | {100 * _share_lit(draw):.1f} % |")
    return 0


def _share_lit(draw: Callable[[np.random.Generator], scenes.Picture]) -> float:
    detector = PilabDetector(PRESETS["course"])
    lit = [len(detector.detect(draw(np.random.default_rng(seed)))) > 0 for seed in range(LIT_TRIALS)]
    return sum(lit) / LIT_TRIALS


def _cell(contrast: float, share: float, motion_px: int) -> str:
    rng = np.random.default_rng(SEED)
    detector = PilabDetector(PRESETS["course"])
    errors = [error for _ in range(TRIALS) if (error := _try(rng, detector, (contrast, share, motion_px))) is not None]
    if not errors:
        return "0 %"
    centre, radius = np.median(np.array(errors), axis=0)
    return f"{100 * len(errors) / TRIALS:.0f} % ({centre:.2f}, {radius:.2f})"


def _try(
    rng: np.random.Generator, detector: PilabDetector, how: tuple[float, float, int]
) -> tuple[float, float] | None:
    """Return the errors of centre and radius, or nothing if the disc was not found."""
    contrast, share, motion_px = how
    r = float(np.exp(rng.uniform(np.log(38), np.log(180))))
    truth = (float(rng.uniform(r, 640 - r)), float(rng.uniform(r, 480 - r)), r)
    frame = _draw(rng, truth, (contrast * rng.choice([-1, 1]), share, motion_px))
    right = [each for each in detector.detect(frame).tolist() if overlap(each, truth) >= LEAST_OVERLAP]
    return (float(np.hypot(right[0][0] - truth[0], right[0][1] - truth[1])), abs(right[0][2] - r)) if right else None


def _draw(rng: np.random.Generator, truth: tuple[float, float, float], how: tuple[float, float, int]) -> scenes.Picture:
    contrast, share, motion_px = how
    x, y, r = truth
    picture = GREY + contrast * scenes.blob(scenes.disc(r), x, y)
    across, down = np.meshgrid(np.arange(scenes.WIDTH_PX) - x, np.arange(scenes.HEIGHT_PX) - y)
    turned, reach = rng.uniform(0, scenes.TURN), r * np.cos(np.pi * (1 - share))
    if share < 1:
        picture[across * np.cos(turned) + down * np.sin(turned) > reach] = GREY
    moved = cv2.blur(picture, (motion_px, 1) if rng.random() < 0.5 else (1, motion_px)) if motion_px else picture  # noqa: PLR2004 -- half of them
    seen = cv2.GaussianBlur(moved, (0, 0), rng.uniform(0.5, 2)) + rng.normal(0, rng.uniform(0, 5), picture.shape)
    frame: scenes.Picture = np.clip(seen, 0, 255).round().astype(np.uint8)
    return frame


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")


if __name__ == "__main__":
    sys.exit(main())
