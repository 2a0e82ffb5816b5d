"""Numbers that are drawn, from distributions that times have: how often what is said of them is wrong, with a seed.

`python -m tests.unit.simulated_runs` prints the tables of docs/numbers.md.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fleet.analysis import changes, robust, stats, variation
from fleet.analysis.changes import Pair
from fleet.analysis.claims import FEWEST
from fleet.analysis.outliers import CHANCE
from fleet.analysis.tolerance import Finding, Tolerance
from fleet.analysis.variation import Times

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Draw = Callable[[np.random.Generator, int], FloatArray]

SEED = 23
SIGNIFICANT = 0.05
COUNTS = (3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30)


def _normal(draws: np.random.Generator, count: int) -> FloatArray:
    return draws.normal(1, 0.01, count)


def _lognormal(draws: np.random.Generator, count: int) -> FloatArray:
    return draws.lognormal(0, 0.03, count)


def _one_sided(draws: np.random.Generator, count: int) -> FloatArray:
    """Interruptions only make longer: an exponential distribution, whose median is ln 2."""
    return 1 + 0.02 * (draws.exponential(1, count) - math.log(2))


def _heavy_tailed(draws: np.random.Generator, count: int) -> FloatArray:
    return 1 + 0.01 * np.clip(draws.standard_t(2, count), -90, 90)


def _bimodal(draws: np.random.Generator, count: int) -> FloatArray:
    """Six in ten runs are fast, four take 8 % longer; the median is where five sixths of the fast ones lie below."""
    fast = draws.random(count) < 0.6
    return np.where(fast, draws.normal(1, 0.005, count), draws.normal(1.08, 0.005, count)) - 0.005 * 0.96742


DISTRIBUTIONS: dict[str, Draw] = {
    "normal, 1 %": _normal,
    "lognormal, 3 %": _lognormal,
    "one-sided": _one_sided,
    "heavy-tailed": _heavy_tailed,
    "bimodal": _bimodal,
}


def coverage(draw: Draw, count: int, draws: int) -> float:
    """Return how often the interval of so many values holds the true median, which is 1."""
    generator = np.random.default_rng(SEED)
    found = (stats.estimate(list(draw(generator, count))) for _ in range(draws))
    return sum(each.low <= 1 <= each.high for each in found) / draws


def ratio_coverage(draw: Draw, count: int, draws: int) -> float:
    """Return how often the interval of a ratio holds the true one, which is 1; the other one varies a third as much."""
    generator = np.random.default_rng(SEED)
    found = (
        stats.ratio(list(draw(generator, count)), list(1 + (draw(generator, count) - 1) / 3)) for _ in range(draws)
    )
    return sum(each.low <= 1 <= each.high for each in found) / draws


def false_decisions(draw: Draw, count: int, draws: int) -> float:
    """Return how often a true value just outside of what is tolerated is confirmed nevertheless."""
    generator = np.random.default_rng(SEED)
    edge = Tolerance(1 + 1e-9, 2)
    found = (edge.holds(stats.estimate(list(draw(generator, count)))) for _ in range(draws))
    return sum(each is Finding.CONFIRMED for each in found) / draws


def _skewed(draws: np.random.Generator, count: int) -> FloatArray:
    """Lognormal, of a mean of 0 and a deviation of 1, skewed by 1.75."""
    sigma, mean = 0.5, math.exp(0.125)
    return (draws.lognormal(0, sigma, count) - mean) / (mean * math.sqrt(math.exp(sigma**2) - 1))


def _two_speeds(draws: np.random.Generator, count: int) -> FloatArray:
    """Six in ten are fast, four are slow; of a mean of 0 and a deviation of 1."""
    return np.where(draws.random(count) < 0.6, -0.8, 1.2) + draws.normal(0, 0.2, count)


# How times vary within a run: of a mean of 0 and a deviation of about 1.
SHAPES: dict[str, Draw] = {
    "normal": lambda draws, count: draws.normal(0, 1, count),
    "lognormal": _skewed,
    "one-sided": lambda draws, count: draws.exponential(1, count) - 1,
    "bimodal": _two_speeds,
}


@dataclass(frozen=True)
class Runs:
    """Two runs of one board: noise within and shift between are standard deviations, as shares of a time.

    Where programs are uneven, some vary several times as much as others, runs as their samples or all alike.
    """

    noise: float
    shift: float = 0.0
    programs: int = 14
    runs: int = 7
    others: int = 0
    slower: int = 0
    change: float = 0.05
    shape: str = "normal"
    is_uneven: bool = False
    shifts_with_noise: bool = False

    def __str__(self) -> str:
        """Name it as the table does."""
        return (
            f"{self.noise:.1%}, {self.shift:.1%}, {self.runs} runs, {self.programs} programs, {self.others} others, "
            f"{self.slower} slower, {self.shape}{', uneven' * self.is_uneven}{', with noise' * self.shifts_with_noise}"
        )


@dataclass(frozen=True)
class Told:
    """In which share of the comparisons something was told that is not so, and which share of the changes was found."""

    false_alarms: float
    found: float


COMPARED = [
    Runs(noise, shift, runs=runs, others=others)
    for runs in (5, 7)
    for others in (0, 5)
    for noise, shift in ((0.003, 0.0), (0.003, 0.003), (0.02, 0.0), (0.02, 0.01), (0.02, 0.02), (0.02, 0.04))
] + [
    Runs(0.02, runs=runs, others=others, slower=slower)
    for runs, others in ((7, 0), (10, 0), (7, 5))
    for slower in (1, 3, 14)
]
# As many rows as the suites short and course have under their governors.
COMPARED += [Runs(0.02, programs=programs, slower=slower) for programs in (24, 84) for slower in (1, 3)]
COMPARED += [Runs(0.02, 0.02, programs=programs) for programs in (5, 8, 24, 84)]
# Nothing of what decides was chosen by these.
HELD_OUT = [Runs(0.02, shift, shape=shape) for shape in SHAPES for shift in (0.0, 0.02)]
HELD_OUT += [Runs(0.02, slower=1, programs=24, shape=shape) for shape in SHAPES]
HELD_OUT += [Runs(0.01, 0.01, is_uneven=True, shifts_with_noise=with_noise) for with_noise in (False, True)]


def comparisons(asked: Runs, draws: int) -> Told:
    """Compare two runs again and again."""
    generator = np.random.default_rng(SEED)
    told = np.array([_comparison(asked, generator) for _ in range(draws)])
    unchanged, changed = told[:, asked.slower :], told[:, : asked.slower]
    return Told(float(unchanged.any(axis=1).mean()), float(changed.mean()) if asked.slower else 0.0)


def _comparison(asked: Runs, generator: np.random.Generator) -> list[bool]:
    """Tell of each program whether a change of it was told."""
    programs = _programs(asked, generator)
    others = [[_times(each, generator) for _ in range(asked.others)] for each in programs]
    known = {"": variation.run_to_run(others)} if asked.others else None
    pairs = [Pair("", _times(each, generator), _times(each, generator)) for each in programs]
    slower = [
        replace(pair, after=Times([time * (1 + asked.change) for time in pair.after.unit_ns], pair.after.blocks))
        for pair in pairs[: asked.slower]
    ]
    found = changes.changes([*slower, *pairs[asked.slower :]], known)
    return [each.probability < SIGNIFICANT for each in found]


def room_alarms(asked: Runs, boards: int, draws: int) -> float:
    """Return in which share of the comparisons of rooms in which nothing changed something is told."""
    generator = np.random.default_rng(SEED)
    return sum(_room_alarm(asked, boards, generator) for _ in range(draws)) / draws


def _room_alarm(asked: Runs, boards: int, generator: np.random.Generator) -> bool:
    pairs = [
        Pair(f"pi{board}", _times(asked, generator), _times(asked, generator))
        for board in range(boards)
        for _ in range(asked.programs)
    ]
    return any(each.probability < SIGNIFICANT for each in changes.changes(pairs))


def _programs(asked: Runs, generator: np.random.Generator) -> list[Runs]:
    """Give each program its noise: where they are uneven, two thirds have from half to twice as much as the middle."""
    if not asked.is_uneven:
        return [asked] * asked.programs
    factors = generator.lognormal(0, 0.7, asked.programs)
    return [
        replace(asked, noise=asked.noise * each, shift=asked.shift * (each if asked.shifts_with_noise else 1))
        for each in factors
    ]


def _times(asked: Runs, generator: np.random.Generator) -> Times:
    within = 1 + asked.noise * SHAPES[asked.shape](generator, asked.runs)
    logs = np.log(np.maximum(within, 0.01)) + generator.normal(0, asked.shift)
    return Times(list(np.exp(logs)), [0] * asked.runs)


@dataclass(frozen=True)
class Room:
    """Boards of one kind that ran some programs; of these boards some are slow."""

    boards: int
    slow: int = 0
    times: float = 1.3
    programs: int = 14
    deviation: float = 0.02
    noise: float = 0.005
    runs: int = 5


@dataclass(frozen=True)
class Seen:
    """In which share of the rooms some board stood out, all slow ones did, and two groups were told in any program."""

    any_odd: float
    all_slow: float
    groups: float


def rooms(asked: Room, draws: int) -> Seen:
    """Look at a room again and again."""
    generator = np.random.default_rng(SEED)
    seen = [_room(asked, generator) for _ in range(draws)]
    any_odd, all_slow, groups = np.mean(np.array(seen, float), axis=0)
    return Seen(float(any_odd), float(all_slow), float(groups))


def _room(asked: Room, generator: np.random.Generator) -> tuple[bool, bool, bool]:
    limit = CHANCE / (asked.programs * (asked.boards + 1))
    any_odd = all_slow = groups = False
    for _ in range(asked.programs):
        logs = generator.normal(0, asked.deviation, (asked.boards, 1)) + generator.normal(
            0, asked.noise, (asked.boards, asked.runs)
        )
        logs[: asked.slow] += math.log(asked.times)
        noise = asked.noise * math.sqrt(robust.MEDIAN_VARIANCE / asked.runs)
        medians = list(np.median(logs, axis=1))
        split = robust.split(medians, noise)
        odd = np.array(robust.oddness(medians, noise)) < limit
        any_odd |= bool(odd.any())
        all_slow |= bool(asked.slow and odd[: asked.slow].all() and not odd[asked.slow :].any())
        groups |= split is not None and split.probability < limit
    return any_odd, all_slow, groups


def main() -> None:
    """Print the tables."""
    say = sys.stdout.write
    for title, measure in (("interval", coverage), ("ratio", ratio_coverage), ("false", false_decisions)):
        say(f"\n{title}: | {' | '.join(map(str, COUNTS))} |\n")
        for name, draw in DISTRIBUTIONS.items():
            say(f"| {name} | {' | '.join(f'{measure(draw, count, 3000):.3f}' for count in COUNTS)} |\n")
    say(f"\nclaims decide from {FEWEST} runs on\n\n")
    for row in (*COMPARED, *HELD_OUT):
        told = comparisons(row, 1000)
        say(f"| {row} | {told.false_alarms:.3f} | {told.found:.2f} |\n")
    for boards in (3, 10, 30):
        alarms = (room_alarms(Runs(0.02, shift, runs=5), boards, 100) for shift in (0.0, 0.01, 0.02, 0.04))
        say(f"| {boards} boards compared | {' | '.join(f'{each:.3f}' for each in alarms)} |\n")
    for boards in (3, 4, 5, 6, 8, 10, 15, 20, 30):
        well, one, half = (rooms(Room(boards, slow), 150) for slow in (0, 1, boards // 2))
        say(f"| {boards} | {well.any_odd:.3f} | {well.groups:.3f} | {one.all_slow:.2f} | {half.groups:.2f} |\n")


if __name__ == "__main__":
    main()
