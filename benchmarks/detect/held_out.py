"""The tables of what no constant was chosen on: the composite set and the sweeps, of the half that is for reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detect import composite, sweeps
from benchmarks.detect.apart import tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.detect.pictures import Picture

DETECTORS = ("pilab", "ALT, half size", "EdgeDrawing, half size")
HALVES = {"tune": 0, "report": 1}
HEAD = "| detector | precision | recall | F1 | frame F1 | falsely lit |\n" + "|---" * 6 + "|"


def tables(pictures: list[Picture], half: str, known: list[str]) -> Iterator[str]:
    """Yield the lines of both tables for the detectors that are there."""
    names = [name for name in DETECTORS if name in known]
    yield from _composite(pictures, half, names)
    yield from _sweeps(half, names)


def _composite(pictures: list[Picture], half: str, names: list[str]) -> Iterator[str]:
    frames = composite.half_of(pictures, HALVES[half])
    yield f"\ncomposite set, half for {half}: {len(frames)} frames\n\n{HEAD}"
    for name in names:
        t = tally(name, frames)
        shares = f"{t.precision:.3f} | {t.recall:.3f} | {t.f1:.3f} | {t.frame_f1:.3f} | {100 * t.falsely_lit:.1f} %"
        yield f"| {name} | {shares} |"


def _sweeps(half: str, names: list[str]) -> Iterator[str]:
    yield f"\nsweeps, half for {half}: mean F1, and F1 at each value\n\n| sweep | " + " | ".join(names) + " |"
    yield "|---" * (len(names) + 1) + "|"
    for sweep in sweeps.names():
        steps = list(sweeps.half_of(sweep, HALVES[half]))
        cells = [_cell([tally(name, pictures).f1 for _, pictures in steps]) for name in names]
        values = ", ".join(f"{value:g}" for value, _ in steps)
        yield f"| {sweep} ({values}) | " + " | ".join(cells) + " |"


def _cell(scores: list[float]) -> str:
    return f"**{np.mean(scores):.3f}** " + " ".join(f"{score:.2f}" for score in scores)
