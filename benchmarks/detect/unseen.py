"""`python -m benchmarks.detect.unseen`: round things and others through another lens, beside the peers."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.detect.apart import tally
from benchmarks.detect.held_out import DETECTORS, HALVES
from benchmarks.detect.lens import photograph
from benchmarks.detect.other_things import OTHER_THINGS
from benchmarks.detect.peers import all_detectors
from benchmarks.detect.pictures import Picture
from benchmarks.detect.round_things import ROUND_THINGS, ground
from benchmarks.detect.second_others import SECOND_OTHERS
from benchmarks.detect.second_round import SECOND_ROUND
from benchmarks.detect.tuning_others import TUNING_OTHERS
from benchmarks.detect.tuning_round import TUNING_ROUND, expose
from benchmarks.detect.yardstick import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.random import Generator

    from benchmarks.detect import other_things, round_things, scenes
    from benchmarks.detect.lens import Canvas, Circle

    Camera = Callable[[Generator, Canvas, list[Circle]], tuple[scenes.Picture, list[Circle]]]

RENDERINGS, SEED = 80, 20261130


@dataclass(frozen=True)
class Things:
    """Kinds of things, round ones and others, and how they are photographed."""

    round_ones: Mapping[str, round_things.Draw]
    others: Mapping[str, other_things.Draw]
    camera: Camera = photograph

    @property
    def kinds(self) -> list[str]:
        """Return the names of what is drawn, round things first."""
        return [*self.round_ones, *self.others]


FIRST = Things(ROUND_THINGS, OTHER_THINGS)
SECOND = Things(SECOND_ROUND, SECOND_OTHERS)
SETS = {"first": FIRST, "second": SECOND, "tuning": Things(TUNING_ROUND, TUNING_OTHERS, expose)}


def main() -> int:
    """Print F1 for each kind of circle, and how often each other thing lights the LED."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detect.unseen", description=__doc__)
    parser.add_argument("--set", choices=SETS, default="first", help="kinds of things; nothing is tuned on two of them")
    parser.add_argument("--half", choices=HALVES, default="report", help="even seeds to tune, odd ones to report")
    parser.add_argument("--renderings", type=int, default=RENDERINGS, help=f"of a kind, of both halves ({RENDERINGS})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"of all renderings ({SEED})")
    arguments = parser.parse_args()
    things = SETS[arguments.set]
    names = [name for name in DETECTORS if name in all_detectors()]
    _say_row("kind", names)
    _say_row("---", ["---"] * len(names))
    of_all: dict[str, list[Tally]] = {name: [] for name in names}
    for kind in things.kinds:
        pictures = half_of(kind, HALVES[arguments.half], arguments.renderings, things=things, seed=arguments.seed)
        for name in names:
            of_all[name].append(tally(name, pictures))
        _say_row(kind, [_cell(of_all[name][-1]) for name in names])
    _say_row("all", [_whole(add_up(of_all[name])) for name in names])
    return 0


def half_of(
    kind: str, half: int, renderings: int = RENDERINGS, *, things: Things = FIRST, seed: int = SEED
) -> list[Picture]:
    """Return the frames of one half: 0 for tuning, 1 for reports."""
    return [_render(things, kind, [seed, things.kinds.index(kind), i]) for i in range(half, renderings, 2)]


def _render(things: Things, kind: str, seed: list[int]) -> Picture:
    rng = np.random.default_rng(seed)
    canvas = ground(rng)
    truth: list[Circle] = []
    if kind in things.round_ones:
        truth = things.round_ones[kind](rng, canvas)
    else:
        things.others[kind](rng, canvas)
    return Picture(f"{kind}-{seed[-1]:03}", *things.camera(rng, canvas, truth))


def add_up(tallies: Iterable[Tally]) -> Tally:
    """Return the counts of several tallies together."""
    each = list(tallies)
    return Tally(**{field.name: sum(getattr(one, field.name) for one in each) for field in fields(Tally)})


def _cell(one: Tally) -> str:
    circles = one.right + one.missed > 0
    return f"F1 {one.f1:.2f}" if circles else f"{100 * one.falsely_lit:.0f} % lit"


def _whole(one: Tally) -> str:
    shares = f"P {one.precision:.3f}, R {one.recall:.3f}, F1 {one.f1:.3f}, frame F1 {one.frame_f1:.3f}"
    return f"{shares}, {100 * one.falsely_lit:.1f} % lit"


def _say_row(first: str, cells: list[str]) -> None:
    sys.stdout.write(f"| {first} | {' | '.join(cells)} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
