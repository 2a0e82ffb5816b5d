"""`python -m benchmarks.detect.robustness`: how often and how exactly a disc is found, by contrast and visible arc."""

from __future__ import annotations

import sys

import cv2
import numpy as np

from agent.circle_settings import PRESETS
from agent.circles.pilab import PilabDetector
from benchmarks.detect import scenes
from benchmarks.detect.yardstick import LEAST_OVERLAP, overlap

CONTRASTS = (10, 15, 20, 40, 80)
SHARES = (1.0, 0.9, 0.8, 0.7, 0.6)
TRIALS, SEED, GREY = 40, 7, 120.0


def main() -> int:
    """Print a row per contrast, a column per share of the arc: found, and errors of centre and radius in pixels."""
    _say("Found (median error of centre, of radius in px); noise 0 to 5, blur 0.5 to 2, radius 38 to 180 px.\n")
    _say("| contrast | " + " | ".join(f"{100 * share:.0f} % of the arc" for share in SHARES) + " |")
    _say("|---" * (len(SHARES) + 1) + "|")
    for contrast in CONTRASTS:
        _say(f"| {contrast} | " + " | ".join(_cell(contrast, share) for share in SHARES) + " |")
    return 0


def _cell(contrast: float, share: float) -> str:
    rng = np.random.default_rng(SEED)
    detector = PilabDetector(PRESETS["course"])
    errors = [error for _ in range(TRIALS) if (error := _try(rng, detector, contrast, share)) is not None]
    if not errors:
        return "0 %"
    centre, radius = np.median(np.array(errors), axis=0)
    return f"{100 * len(errors) / TRIALS:.0f} % ({centre:.2f}, {radius:.2f})"


def _try(
    rng: np.random.Generator, detector: PilabDetector, contrast: float, share: float
) -> tuple[float, float] | None:
    """Return the errors of centre and radius, or nothing if the disc was not found."""
    r = float(np.exp(rng.uniform(np.log(38), np.log(180))))
    truth = (float(rng.uniform(r, 640 - r)), float(rng.uniform(r, 480 - r)), r)
    frame = _draw(rng, truth, contrast * rng.choice([-1, 1]), share)
    right = [each for each in detector.detect(frame).tolist() if overlap(each, truth) >= LEAST_OVERLAP]
    return (float(np.hypot(right[0][0] - truth[0], right[0][1] - truth[1])), abs(right[0][2] - r)) if right else None


def _draw(rng: np.random.Generator, truth: tuple[float, float, float], contrast: float, share: float) -> scenes.Picture:
    x, y, r = truth
    picture = GREY + contrast * scenes.blob(scenes.disc(r), x, y)
    across, down = np.meshgrid(np.arange(scenes.WIDTH_PX) - x, np.arange(scenes.HEIGHT_PX) - y)
    turned, reach = rng.uniform(0, scenes.TURN), r * np.cos(np.pi * (1 - share))
    if share < 1:
        picture[across * np.cos(turned) + down * np.sin(turned) > reach] = GREY
    seen = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 2)) + rng.normal(0, rng.uniform(0, 5), picture.shape)
    frame: scenes.Picture = np.clip(seen, 0, 255).round().astype(np.uint8)
    return frame


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")


if __name__ == "__main__":
    sys.exit(main())
