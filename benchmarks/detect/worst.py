"""`python -m benchmarks.detect.worst`: looks at random for the frame that takes our detector longest, from a seed."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from agent.circles.pilab import PilabDetector
from agent.settings.circles import PRESETS
from benchmarks.detect import scenes
from benchmarks.detect.__main__ import PICTURES, PLOT
from benchmarks.detect.pictures import RECALL_ONLY, read_sets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.random import Generator

    from benchmarks.detect.scenes import Field, Picture

WORST = PLOT.with_name("detect-worst.png")
SEED, ROUNDS, TRIES, STARTS, MOST_LAYERS = 20261129, 5, 600, 60, 4
Layer = tuple[str, int]


@dataclass(frozen=True)
class Found:
    """A frame by the seeds of its layers, and how long it takes."""

    layers: tuple[Layer, ...]
    ms: float


def main() -> int:
    """Search, and print the slowest frame beside the median of the scored pictures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detect.worst", description=__doc__)
    parser.add_argument("--tries", type=int, default=TRIES, help=f"frames that are drawn (default {TRIES})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of the search (default {SEED})")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    detector = PilabDetector(PRESETS["course"])
    usual_ms = _median_ms(detector, PICTURES)
    worst = search(lambda frame: measure(detector, frame), arguments.seed, arguments.tries)
    WORST.parent.mkdir(exist_ok=True)
    frame = render(worst.layers)
    cv2.imwrite(str(WORST), frame)
    circles = len(detector.detect(frame))
    sys.stdout.write(f"worst of {arguments.tries}: {worst.ms:.2f} ms, {worst.ms / usual_ms:.1f} times the median ")
    sys.stdout.write(f"of {usual_ms:.2f} ms; {circles} circles; {' over '.join(map(_name, worst.layers))}: {WORST}\n")
    return 0


def _name(layer: Layer) -> str:
    return f"{layer[0]} {layer[1]}"


def search(cost: Callable[[Picture], float], seed: int, tries: int) -> Found:
    """Return the dearest frame: some are drawn anew, then the best one is changed layer by layer."""
    rng = np.random.default_rng(seed)
    best = Found((), 0.0)
    for i in range(tries):
        layers = _anew(rng) if i < STARTS or not best.layers else _changed(rng, best.layers)
        ms = cost(render(layers))
        best = Found(layers, ms) if ms > best.ms else best
    return best


def measure(detector: PilabDetector, frame: Picture) -> float:
    """Return the shortest of some rounds, in ms of this thread."""
    times_s = []
    for _ in range(ROUNDS):
        start_s = time.thread_time()
        detector.detect(frame)
        times_s.append(time.thread_time() - start_s)
    return 1e3 * min(times_s)


def _median_ms(detector: PilabDetector, folder: Path) -> float:
    sets = read_sets(folder)
    scored = [each for name, pictures in sets.items() if name not in RECALL_ONLY for each in pictures]
    return float(np.median([measure(detector, each.grey) for each in scored]))


def _layer(rng: Generator) -> Layer:
    return str(rng.choice(list(LAYERS))), int(rng.integers(2**31))


def _anew(rng: Generator) -> tuple[Layer, ...]:
    return tuple(_layer(rng) for _ in range(int(rng.integers(1, MOST_LAYERS + 1))))


def _changed(rng: Generator, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """Return the layers with one drawn anew, of the same kind half of the time, taken away or added."""
    i, change = int(rng.integers(len(layers))), int(rng.integers(4))
    same = (layers[i][0], int(rng.integers(2**31)))
    others = {0: (), 1: (_layer(rng),), 2: (same,), 3: (layers[i], _layer(rng))}
    changed = (*layers[:i], *others[change], *layers[i + 1 :])
    return changed[:MOST_LAYERS] if changed else _anew(rng)


def render(layers: tuple[Layer, ...]) -> Picture:
    """Return the frame, each layer drawn over those before it."""
    scene: Field = np.full(scenes.FRAME[::-1], 128.0)
    for kind, seed in layers:
        scene = LAYERS[kind](np.random.default_rng(seed), scene)
    frame: Picture = np.clip(scene, 0, 255).round().astype(np.uint8)
    return frame


def _grid() -> tuple[Field, Field]:
    x, y = np.meshgrid(np.arange(scenes.WIDTH_PX, dtype=np.float64), np.arange(scenes.HEIGHT_PX, dtype=np.float64))
    return x, y


def _contrast(rng: Generator) -> float:
    return float(rng.choice([-1, 1]) * rng.uniform(10, 120))


def _noise(rng: Generator, scene: Field) -> Field:
    rough = cv2.GaussianBlur(rng.normal(0, 1, scene.shape), (0, 0), rng.uniform(0.3, 12))
    return np.asarray(scene + rough / rough.std() * rng.uniform(2, 60), np.float64)


def _stripes(rng: Generator, scene: Field) -> Field:
    (x, y), turned = _grid(), rng.uniform(0, scenes.TURN)
    wave = np.sin((x * np.cos(turned) + y * np.sin(turned)) * scenes.TURN / rng.uniform(4, 80))
    return np.asarray(scene + _contrast(rng) * (np.sign(wave) if rng.random() < 0.5 else wave), np.float64)  # noqa: PLR2004 -- half of them


def _rings(rng: Generator, scene: Field) -> Field:
    (x, y), period = _grid(), rng.uniform(4, 120)
    wave = np.sin(np.hypot(x - rng.uniform(0, 640), y - rng.uniform(0, 480)) * scenes.TURN / period)
    return np.asarray(scene + _contrast(rng) * (np.sign(wave) if rng.random() < 0.5 else wave), np.float64)  # noqa: PLR2004 -- half of them


def _discs(rng: Generator, scene: Field) -> Field:
    """Draw discs or rings in rows, which may lie over each other."""
    (x, y), pitch = _grid(), rng.uniform(40, 240)
    away = np.hypot((x + rng.uniform(0, pitch)) % pitch - pitch / 2, (y + rng.uniform(0, pitch)) % pitch - pitch / 2)
    r, line = rng.uniform(0.3, 0.7) * pitch, rng.uniform(2, 20)
    cover = np.clip(r - away + 0.5, 0, 1) - (np.clip(r - line - away + 0.5, 0, 1) if rng.random() < 0.5 else 0)  # noqa: PLR2004 -- half of them
    return np.asarray(scene + _contrast(rng) * cover, np.float64)


def _scattered(rng: Generator, scene: Field) -> Field:
    """Draw discs of any size, anywhere, each over those before it."""
    drawn = scene.copy()
    for _ in range(int(rng.integers(5, 120))):
        centre = (int(rng.uniform(0, scenes.WIDTH_PX)), int(rng.uniform(0, scenes.HEIGHT_PX)))
        width = -1 if rng.random() < 0.5 else int(rng.integers(1, 8))  # noqa: PLR2004 -- half of them
        cv2.circle(drawn, centre, int(np.exp(rng.uniform(2.5, 5.3))), rng.uniform(0, 255), width)
    return drawn


LAYERS: dict[str, Callable[[Generator, Field], Field]] = {
    "noise": _noise,
    "stripes": _stripes,
    "rings": _rings,
    "discs": _discs,
    "scattered discs": _scattered,
}

if __name__ == "__main__":
    sys.exit(main())
