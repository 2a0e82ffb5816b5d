"""`make bench-detect`: all detectors on the same pictures in one run, one thread; prints the tables, draws the plot."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from benchmarks.detect import held_out
from benchmarks.detect.peers import all_detectors
from benchmarks.detect.pictures import RECALL_ONLY, Picture, read_sets
from benchmarks.detect.plot import draw
from benchmarks.detect.yardstick import Tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.detect.peers import Find

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT.parent / "shared" / "data" / "circles"
PLOT = ROOT / "build" / "detect-time.svg"
ROUNDS = 2
SIZES = ((640, 480), (1280, 720), (1920, 1080))
HEAD = "| detector | precision | recall | F1 | frame F1 | falsely lit | ms mean | median | p95 | max |"


@dataclass
class Score:
    """One detector on one set of pictures."""

    tally: Tally = field(default_factory=Tally)
    times_ms: list[float] = field(default_factory=list)

    def line(self, name: str) -> str:
        """Return its row of the table."""
        tally, times = self.tally, np.array(self.times_ms)
        shares = f"{tally.precision:.3f} | {tally.recall:.3f} | {tally.f1:.3f} | {tally.frame_f1:.3f}"
        spread = f"{times.mean():.3f} | {np.median(times):.3f} | {np.percentile(times, 95):.3f} | {times.max():.3f}"
        return f"| {name} | {shares} | {100 * tally.falsely_lit:.1f} % | {spread} |"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detect", description=__doc__)
    parser.add_argument("--pictures", type=Path, default=PICTURES, help=f"folder of folders (default {PICTURES})")
    parser.add_argument("--half", choices=held_out.HALVES, default="report", help="of the composite set and the sweeps")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    sets, detectors = read_sets(arguments.pictures), all_detectors()
    scored = [picture for name, pictures in sets.items() if name not in RECALL_ONLY for picture in pictures]
    scores = _print_table("all that is scored", scored, detectors)
    for name in set(sets) & set(RECALL_ONLY):
        _print_table(name, sets[name], {each: find for each, find in detectors.items() if each != "course"})
    _print_growth(scored, detectors["pilab"])
    _plot(scored, scores)
    for line in held_out.tables(scored, arguments.half, list(detectors)):
        _say(line)
    return 0


def _print_table(title: str, pictures: list[Picture], detectors: dict[str, Find]) -> dict[str, Score]:
    scores = {name: Score() for name in detectors}
    for picture in pictures:
        for name, find in detectors.items():
            best_ms, found = _best(find, picture.grey)
            scores[name].times_ms.append(best_ms)
            scores[name].tally.add(found.tolist(), picture.truth)
    _say(f"\n{title}: {len(pictures)} pictures\n\n{HEAD}\n" + "|---" * 10 + "|")
    for name, score in scores.items():
        _say(score.line(name))
    _say_ratios(scores)
    return scores


def _best(find: Find, grey: NDArray[np.uint8]) -> tuple[float, NDArray[np.float32]]:
    """Return the shortest time of the rounds, which is the least disturbed one, and the circles."""
    best_s, found = float("inf"), np.empty((0, 3), np.float32)
    for _ in range(ROUNDS):
        start_s = time.perf_counter()
        found = find(grey)
        best_s = min(best_s, time.perf_counter() - start_s)
    return best_s * 1e3, found


def _say_ratios(scores: dict[str, Score]) -> None:
    ours = np.array(scores["pilab"].times_ms)
    for name in set(scores) - {"pilab"}:
        _say(f"{name} takes {np.mean(scores[name].times_ms) / ours.mean():.1f} times as long as pilab.")
    _say(f"pilab's worst frame takes {ours.max() / np.median(ours):.2f} times its median.")


def _print_growth(pictures: list[Picture], find: Find) -> None:
    """Say how the time grows with the frame: the same pictures, larger."""
    base_ms = base_pixels = 0.0
    _say("\n| frame | ms mean | time / time | pixels / pixels |\n|---|---|---|---|")
    for size in SIZES:
        mean_ms = float(np.mean([_best(find, each.at(size))[0] for each in pictures]))
        pixels = float(size[0] * size[1])
        base_ms, base_pixels = base_ms or mean_ms, base_pixels or pixels
        _say(f"| {size[0]}x{size[1]} | {mean_ms:.3f} | {mean_ms / base_ms:.2f} | {pixels / base_pixels:.2f} |")


def _plot(pictures: list[Picture], scores: dict[str, Score]) -> None:
    clutter = [_clutter(each.grey) for each in pictures]
    series = {name: list(zip(clutter, score.times_ms, strict=True)) for name, score in scores.items()}
    PLOT.parent.mkdir(exist_ok=True)
    PLOT.write_text(draw(series, "clutter: edge pixels in 1000 (Canny 50, 100)", "ms a frame"), encoding="utf-8")
    _say(f"\nTime against clutter: {PLOT}")


def _clutter(grey: NDArray[np.uint8]) -> float:
    return max(1000 * float(np.count_nonzero(cv2.Canny(grey, 50, 100))) / grey.size, 0.1)


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
