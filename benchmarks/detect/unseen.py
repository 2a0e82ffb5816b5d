"""`python -m benchmarks.detect.unseen`: round things and others through another lens, beside the peers."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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
from benchmarks.detect.sheet import desk, snap
from benchmarks.detect.third_others import THIRD_OTHERS
from benchmarks.detect.third_round import THIRD_ROUND
from benchmarks.detect.tuning_bent import BENT_OTHERS
from benchmarks.detect.tuning_others import TUNING_OTHERS
from benchmarks.detect.tuning_rims import RIM_ROUND
from benchmarks.detect.tuning_round import TUNING_ROUND, expose
from benchmarks.detect.yardstick import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.random import Generator

    from benchmarks.detect import scenes
    from benchmarks.detect.lens import Circle

RENDERINGS, SEED = 80, 20261130
Paper = TypeVar("Paper")


@dataclass(frozen=True)
class Things(Generic[Paper]):
    """Kinds of things, round ones and others, on what they are drawn, and how that is photographed."""

    round_ones: Mapping[str, Callable[[Generator, Paper], list[Circle]]]
    others: Mapping[str, Callable[[Generator, Paper], None]]
    ground: Callable[[Generator], Paper]
    camera: Callable[[Generator, Paper, list[Circle]], tuple[scenes.Picture, list[Circle]]]

    @property
    def kinds(self) -> list[str]:
        """Return the names of what is drawn, round things first."""
        return [*self.round_ones, *self.others]

    def render(self, kind: str, seed: list[int]) -> Picture:
        """Return a frame with a thing of this kind."""
        rng = np.random.default_rng(seed)
        paper = self.ground(rng)
        truth: list[Circle] = []
        if kind in self.round_ones:
            truth = self.round_ones[kind](rng, paper)
        else:
            self.others[kind](rng, paper)
        return Picture(f"{kind}-{seed[-1]:03}", *self.camera(rng, paper, truth))


FIRST = Things(ROUND_THINGS, OTHER_THINGS, ground, photograph)
SECOND = Things(SECOND_ROUND, SECOND_OTHERS, ground, photograph)
THIRD = Things(THIRD_ROUND, THIRD_OTHERS, desk, snap)
SETS: dict[str, Things[Any]] = {
    "first": FIRST,
    "second": SECOND,
    "third": THIRD,
    "tuning": Things(TUNING_ROUND, TUNING_OTHERS, ground, expose),
    "bent": Things(RIM_ROUND, BENT_OTHERS, ground, expose),
}


def main() -> int:
    """Print F1 for each kind of circle, and how often each other thing lights the LED."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detect.unseen", description=__doc__)
    parser.add_argument(
        "--set", choices=SETS, default="first", help="kinds of things; nothing is tuned on first, second and third"
    )
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
    kind: str, half: int, renderings: int = RENDERINGS, *, things: Things[Any] = FIRST, seed: int = SEED
) -> list[Picture]:
    """Return the frames of one half: 0 for tuning, 1 for reports."""
    return [things.render(kind, [seed, things.kinds.index(kind), i]) for i in range(half, renderings, 2)]


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
