"""What changed from one run to another, where runs differ too and not only their samples; pure.

The logarithms of a program's times vary within a part of a run with a deviation s, and besides from run to run with a
deviation r: two boards that nobody touched are not as fast to the last thousandth after they were switched on anew. So
the change of a mean has the variance s² (1/n + 1/m) + 2 r², and a change is told if that does not explain it.

s: pooled over both runs, and over the programs of a board as far as they vary alike (Smyth, Linear Models and Empirical
Bayes Methods, Statistical Applications in Genetics and Molecular Biology 3, 2004), for five runs tell little of it.
r: the largest of what is taken for granted and of what lies between the blocks of a run (the method of moments of the
analysis of variance); besides, what lies between other runs of the same boards. Where there are too few of those, the
other programs of the board tell: by how many times their changes scatter more than s and r explain, by so much the
variance of a change is larger (the dispersion of McCullagh and Nelder, Generalized Linear Models, 1989, section 4.5,
of all programs but the one that is judged), and in a room of three boards or more by as much as on the middle one at
least. Of fewer than five programs nobody can tell that, and r is then taken to be s. Of the times of another board
nothing else enters s or r.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fleet.analysis.robust import deviation
from fleet.analysis.stats import CONFIDENCE, Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

# No two runs of a board are taken to be more alike than this.
LEAST_RUN_TO_RUN = 0.005
# As a share of a time: below it a clock does not tell times apart.
RESOLUTION = 1e-6
# Of fewer programs nobody can tell whether they vary alike, or by how much they scatter.
FEWEST_ROWS, FEWEST_SCATTERING = 3, 5
# In so many boards the middle one is no single one.
FEWEST_BOARDS = 3
# What lies so many deviations from the others' median (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993)
# has changed, and tells nothing of how far programs scatter that have not.
OUTLYING = 3.5
# A mean of squares around a median tells as much as one of so many independent ones, as a share of their number: with
# it, simulated false alarms are at most 5 %.
TOLD_BY_SCATTER = 0.75
# Between these lie the degrees of freedom of what is known of a variance before it is measured.
LEAST_PRIOR, MOST_PRIOR = 1e-3, 1e4
# So many degrees of freedom tell enough about what lies between runs: five programs in three other runs.
FEWEST_KNOWN = 10


@dataclass(frozen=True)
class Times:
    """A program's times per unit of work in one run on one board, at least two, and the block of the run of each."""

    unit_ns: Sequence[float]
    blocks: Sequence[int]


@dataclass(frozen=True)
class Pair:
    """The times of one program on one board in two runs."""

    board: str
    before: Times
    after: Times


@dataclass(frozen=True)
class Change:
    """How many times as long the work takes, and how probable such a change is where nothing changed.

    The probability is adjusted for the number of programs looked at (Benjamini and Hochberg, 1995); `run_to_run` is the
    deviation from run to run that was reckoned with, as a share of the time.
    """

    ratio: Estimate
    probability: float
    run_to_run: float


@dataclass(frozen=True)
class _Spread:
    """What parts show that nothing but chance tells apart: the variance within them, and what lies between them."""

    variance: float
    freedom: int
    between: float
    between_freedom: int
    runs_per_part: float
    change: float = 0.0
    share: float = 0.0  # 1/n + 1/m


@dataclass(frozen=True)
class _Scatter:
    """How many times as large as expected the variance of changes is, by the programs' numbers, and what tells it."""

    times: FloatArray
    freedom: FloatArray


@dataclass(frozen=True)
class RunToRun:
    """What lies between runs of boards that nobody changed: a multiple of the variance within, and what it rests on."""

    multiple: float = 0.0
    freedom: int = 0

    @property
    def is_known(self) -> bool:
        """Tell whether it rests on enough."""
        return self.freedom >= FEWEST_KNOWN


UNKNOWN = RunToRun()


def run_to_run(programs: Sequence[Sequence[Times]]) -> RunToRun:
    """Learn from the runs of each program of a board how far unchanged runs differ; of at least two runs each."""
    spreads = [_spread_of([np.log(times.unit_ns) for times in runs]) for runs in programs]
    freedom = sum(each.between_freedom for each in spreads)
    return RunToRun(_between(spreads, [each.variance for each in spreads]), freedom)


@dataclass(frozen=True)
class _Board:
    """The pairs of one board."""

    places: list[int]
    spreads: list[_Spread]
    within: FloatArray
    freedom: FloatArray
    between: float

    @property
    def change(self) -> FloatArray:
        """The change of each mean, as a logarithm."""
        return np.array([each.change for each in self.spreads])

    @property
    def scatter(self) -> _Scatter:
        """How far its programs scatter."""
        return _scatter(self.change / np.sqrt(self.variance(self.between)))

    def reckoned(self, known: RunToRun, room: _Scatter) -> FloatArray:
        """Return a row for each pair: the change, its standard error, the degrees of freedom, what runs differ by.

        The room tells how far programs scatter at least.
        """
        if known.is_known:
            variance = self.variance(max(self.between, known.multiple))
            return self._row(variance, np.minimum(self.freedom, known.freedom))
        if len(self.places) < FEWEST_SCATTERING:
            return self._row(self.variance(max(self.between, 1.0)), self.freedom)
        own = self.scatter
        times = np.maximum(own.times, room.times)
        told_by = np.where(own.times >= room.times, own.freedom, room.freedom)
        return self._row(
            self.variance(self.between) * np.maximum(times, 1),
            np.where(times > 1, np.minimum(told_by, self.freedom), self.freedom),
        )

    def _row(self, variance: FloatArray, freedom: FloatArray) -> FloatArray:
        varies = np.maximum(variance - self.within * self._share, 0) / 2
        return np.column_stack([self.change, np.sqrt(variance), freedom, np.sqrt(varies)])

    @property
    def _share(self) -> FloatArray:
        return np.array([each.share for each in self.spreads])

    def variance(self, multiple: float) -> FloatArray:
        """Return the variance of each change, where runs differ by this multiple of what lies within them."""
        varies: FloatArray = np.maximum(LEAST_RUN_TO_RUN**2, multiple * self.within)
        return self.within * self._share + 2 * varies


def changes(pairs: Sequence[Pair], known: Mapping[str, RunToRun] | None = None) -> list[Change]:
    """Judge all pairs together, for each tells something about the others of its board; `known` is known by board."""
    if not pairs:
        return []
    found, boards = np.empty((len(pairs), 4)), _boards(pairs)
    room = _room(boards.values())
    for name, board in boards.items():
        found[board.places] = board.reckoned((known or {}).get(name, UNKNOWN), room)
    return _told(*found.T)


def _room(boards: Iterable[_Board]) -> _Scatter:
    """Tell how far programs scatter on the middle board of a room: each has one voice, a few change nothing."""
    told = [board.scatter for board in boards if len(board.places) >= FEWEST_SCATTERING]
    if len(told) < FEWEST_BOARDS:
        return _Scatter(np.ones(1), np.ones(1))
    times = np.median([np.median(each.times) for each in told])
    return _Scatter(np.array([times]), np.array([sum(float(np.median(each.freedom)) for each in told)]))


def _boards(pairs: Sequence[Pair]) -> dict[str, _Board]:
    by_board: dict[str, list[int]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        by_board[pair.board].append(place)
    return {board: _board(places, [pairs[place] for place in places]) for board, places in by_board.items()}


def _board(places: list[int], pairs: Sequence[Pair]) -> _Board:
    spreads = [_spread(pair) for pair in pairs]
    within, freedom = _pooled(
        np.array([each.variance for each in spreads]), np.array([each.freedom for each in spreads], float)
    )
    return _Board(places, spreads, within, freedom, _between(spreads, within))


def _told(change: FloatArray, error: FloatArray, freedom: FloatArray, varies: FloatArray) -> list[Change]:
    from scipy.stats import false_discovery_control, t  # noqa: PLC0415 (would slow every command down that starts)

    probabilities = false_discovery_control(2 * t.sf(np.abs(change) / error, freedom))
    reach = t.ppf((1 + CONFIDENCE) / 2, freedom) * error
    ratios = zip(np.exp(change), np.exp(change - reach), np.exp(change + reach), strict=True)
    return [
        Change(Estimate(float(value), float(low), float(high)), float(probability), float(deviation))
        for (value, low, high), probability, deviation in zip(ratios, probabilities, varies, strict=True)
    ]


def _spread(pair: Pair) -> _Spread:
    before, after = (np.log(times.unit_ns) for times in (pair.before, pair.after))
    parts = [*_blocks(before, pair.before.blocks), *_blocks(after, pair.after.blocks)]
    if len(parts) >= len(before) + len(after):  # a sample per block: nothing tells blocks from samples
        parts = [before, after]
    return replace(
        _spread_of(parts, [before, after]),
        change=float(after.mean() - before.mean()),
        share=1 / len(before) + 1 / len(after),
    )


def _spread_of(parts: Sequence[FloatArray], runs: Sequence[FloatArray] = ()) -> _Spread:
    """Take apart what lies within parts and what lies between them, of runs each by itself or of all together."""
    together = runs or [np.concatenate(parts)]
    count = sum(map(len, parts))
    inside = sum(map(_squares, parts))
    return _Spread(
        variance=max(inside / (count - len(parts)), RESOLUTION**2),
        freedom=count - len(parts),
        between=max(sum(map(_squares, together)) - inside, 0.0),
        between_freedom=len(parts) - len(together),
        runs_per_part=count / len(parts),
    )


def _squares(logs: FloatArray) -> float:
    return float(np.sum((logs - logs.mean()) ** 2))


def _blocks(logs: FloatArray, blocks: Sequence[int]) -> list[FloatArray]:
    return [logs[np.equal(blocks, each)] for each in sorted(set(blocks))]


def _pooled(variances: FloatArray, freedom: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Draw variances towards each other, as far as they are alike; return them with their degrees of freedom.

    Smyth, 2004, section 6.2: logarithms of the variances scatter by trigamma(freedom / 2) if the true ones are the
    same, and by trigamma(prior / 2) more if they follow a scaled inverse chi-squared distribution of `prior` degrees.
    """
    from scipy.optimize import brentq  # noqa: PLC0415 (as above)
    from scipy.special import digamma, polygamma  # noqa: PLC0415

    if len(variances) < FEWEST_ROWS:
        return variances, freedom
    logs = np.log(variances) - digamma(freedom / 2) + np.log(freedom / 2)
    excess = float(logs.var(ddof=1) - np.mean(polygamma(1, freedom / 2)))
    if excess <= polygamma(1, MOST_PRIOR / 2):
        return np.full(len(variances), np.exp(logs.mean())), np.full(len(variances), freedom.sum())
    prior = 2 * brentq(lambda half: polygamma(1, half) - excess, LEAST_PRIOR / 2, MOST_PRIOR / 2)
    common = np.exp(logs.mean() + digamma(prior / 2) - np.log(prior / 2))
    pooled = (prior * common + freedom * variances) / (prior + freedom)
    return pooled, np.minimum(prior + freedom, freedom.sum())


def _between(spreads: Sequence[_Spread], within: Iterable[float]) -> float:
    """Return the variance between parts as a multiple of that within them, over all programs together."""
    known = sum(each.between_freedom * each.runs_per_part for each in spreads)
    if not known:
        return 0.0
    found = sum(each.between / float(inside) for each, inside in zip(spreads, within, strict=True))
    return max((found - sum(each.between_freedom for each in spreads)) / known, 0.0)


def _scatter(deviations: FloatArray) -> _Scatter:
    """Return for each how many times as large as 1 the variance of the others is.

    It is taken around the median, because all programs may have become slower together: a mean of squares around the
    median of n is too small by (2 - pi/2) / n.
    """
    rest = deviations - np.median(deviations)
    usual = max(deviation(rest), 1.0)
    kept = np.abs(rest) <= OUTLYING * usual
    others = np.maximum(kept.sum() - kept, 1)
    squares = np.sum(rest[kept] ** 2) - np.where(kept, rest**2, 0)
    times = squares / others / (1 - (2 - np.pi / 2) / len(rest))
    return _Scatter(times, TOLD_BY_SCATTER * np.maximum(others - 1, 1))
