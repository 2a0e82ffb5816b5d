"""What changed from one run to another, where runs differ too and not only their samples; pure.

The logarithms of a program's times vary within a part of a run with a deviation s, and besides from run to run with a
deviation r: two boards that nobody touched are not as fast to the last thousandth after they were switched on anew. So
the change of a mean has the variance s² (1/n + 1/m) + 2 r², and a change is told if that does not explain it.

s: pooled over both runs, and over the programs of a board as far as they vary alike (Smyth, Linear Models and Empirical
Bayes Methods, Statistical Applications in Genetics and Molecular Biology 3, 2004), for five runs tell little of it.
r: nobody knows whether runs of all programs differ by as much, or by more where samples do. Both are reckoned with, and
a change is told if neither explains it. Other runs of the same boards tell r, if there are enough. Without them the
other programs of the board do: the variance of a change is that of theirs (a t test of each against all others, as of
externally studentized residuals: Cook and Weisberg, Residuals and Influence in Regression, 1982, section 2.2.1), those
left out that have changed themselves. It does not matter then how much of that is s and how much r. In a room of three
boards or more their variances are drawn towards each other as far as they are alike, as the s are. Of fewer than five
programs nobody can tell that, and r is then taken to be s. In no case are runs taken to differ by less than the least,
or by less than what lies between the blocks of a run. Of the times of another board nothing else enters s or r.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fleet.analysis.stats import CONFIDENCE, Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
# A program is left out of what the others tell if it lies so far off by chance in one comparison of so many.
LEFT_OUT = 0.005
# Variances are not alike if chance makes them differ so much on one board of so many (Bartlett, Properties of
# Sufficiency and Statistical Tests, Proceedings of the Royal Society A 160, 1937).
UNLIKE = 0.05
# So many boards tell how alike boards are: two degrees of freedom each.
TOLD_BY_BOARD = 2
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
class RunToRun:
    """What lies between runs of boards that nobody changed, and what it rests on.

    It is a variance if all programs differ by as much, or a multiple of that of their samples.
    """

    variance: float = 0.0
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
    if not spreads:
        return UNKNOWN
    within = _pooled(*_variances(spreads)).each
    freedom = sum(each.between_freedom for each in spreads)
    return RunToRun(_between(spreads, within), _between(spreads, within, within), freedom)


@dataclass(frozen=True)
class _Way:
    """One way to reckon with what explains changes: the variance of each, and the degrees of freedom that tell it."""

    variance: FloatArray
    freedom: FloatArray


@dataclass(frozen=True)
class _Likeness:
    """What is known of a variance before it is measured: a value, and how many degrees of freedom that is worth."""

    value: float = 1.0
    freedom: float = 0.0

    def joined(self, variances: FloatArray, freedom: FloatArray) -> _Way:
        """Return measured variances together with it."""
        together = self.freedom + freedom
        return _Way((self.freedom * self.value + freedom * variances) / together, together)


NOTHING_KNOWN = _Likeness()


@dataclass(frozen=True)
class _Pooled:
    """Variances that were drawn towards each other, and the degrees of freedom that tell each."""

    each: FloatArray
    freedom: FloatArray


@dataclass(frozen=True)
class _Board:
    """The pairs of one board: their places, the change of each mean, the variance of samples, 1/n + 1/m."""

    places: list[int]
    change: FloatArray
    within: _Pooled
    share: FloatArray
    between: float

    @property
    def tells_scatter(self) -> bool:
        """Tell whether enough programs are there."""
        return len(self.places) >= FEWEST_SCATTERING

    @property
    def least(self) -> FloatArray:
        """What no variance of a change is taken to be less than."""
        least: FloatArray = 2 * np.maximum(LEAST_RUN_TO_RUN**2, self.between * self.within.each)
        return least

    def by(self, known: RunToRun) -> list[_Way]:
        """Reckon with what other runs showed."""
        samples, freedom = self.within.each * self.share, np.full(len(self.places), float(known.freedom))
        differing = known.variance, known.multiple * self.within.each
        return [_Way(samples + 2 * each, freedom) for each in differing]

    def by_samples(self) -> list[_Way]:
        """Take runs to differ as samples do."""
        return [_Way(self.within.each * (self.share + 2), self.within.freedom)]

    def scatters(self, boards: int) -> list[_Scatter]:
        """Look at how the changes scatter: where all programs differ by as much, and where they do as samples do."""
        alike = np.full(len(self.places), LEAST_RUN_TO_RUN**2)
        return [_Scatter.of(self.change, base, self.least, boards) for base in (alike, self.within.each * self.share)]


@dataclass(frozen=True)
class _Scatter:
    """The changes of a board in units of what they may be, and which of them tell how unchanged ones scatter."""

    base: FloatArray
    units: FloatArray
    tells: NDArray[np.bool_]

    @classmethod
    def of(cls, change: FloatArray, base: FloatArray, least: FloatArray, boards: int) -> _Scatter:
        """Leave out what lies far off; in a room of many boards something does on some board."""
        units = change / np.sqrt(base)
        return cls(base, units, _near(units, least / base, LEFT_OUT / boards))

    @property
    def variance(self) -> float:
        """How far they scatter, as a variance around their mean: all programs may have become slower together."""
        return float(self.units[self.tells].var(ddof=1))

    def of_others(self, known: _Likeness) -> _Way:
        """Return for each what all others tell."""
        others = self.tells.sum() - self.tells
        told = np.where(self.tells, self.units, 0)
        mean = (told.sum() - told) / others
        variances = ((told**2).sum() - told**2 - others * mean**2) / (others - 1)
        way = known.joined(np.maximum(variances, 0), others - 1.0)
        return replace(way, variance=way.variance * self.base)


def changes(pairs: Sequence[Pair], known: Mapping[str, RunToRun] | None = None) -> list[Change]:
    """Judge all pairs together, for each tells something about the others of its board; `known` is known by board."""
    if not pairs:
        return []
    boards = _boards(pairs)
    ways = _ways(boards, {name: runs for name, runs in (known or {}).items() if runs.is_known})
    found = np.empty((len(pairs), 5))
    for name, board in boards.items():
        found[board.places] = _least_sure(board, ways[name])
    return _told(found)


def _ways(boards: Mapping[str, _Board], known: Mapping[str, RunToRun]) -> dict[str, list[_Way]]:
    """Reckon for each board with what is known of its runs, else with how changes scatter, else with its samples."""
    left = {name: board for name, board in boards.items() if name not in known}
    return {
        **{name: board.by(known[name]) for name, board in boards.items() if name in known},
        **{name: board.by_samples() for name, board in left.items()},
        **_by_scatter({name: board for name, board in left.items() if board.tells_scatter}),
    }


def _by_scatter(boards: Mapping[str, _Board]) -> dict[str, list[_Way]]:
    """Have the programs of each board tell how far changes scatter, and the boards how alike they are in that."""
    scatters = {name: board.scatters(len(boards)) for name, board in boards.items()}
    known = [_likeness_of_boards(its) for its in zip(*scatters.values(), strict=True)]
    return {
        name: [scatter.of_others(each) for scatter, each in zip(its, known, strict=True)]
        for name, its in scatters.items()
    }


def _likeness_of_boards(scatters: Sequence[_Scatter]) -> _Likeness:
    if len(scatters) < FEWEST_BOARDS:
        return NOTHING_KNOWN
    variances = np.array([max(each.variance, RESOLUTION**2) for each in scatters])
    likeness = _likeness(variances, np.array([each.tells.sum() - 1.0 for each in scatters]))
    return replace(likeness, freedom=min(likeness.freedom, TOLD_BY_BOARD * (len(scatters) - 1.0)))


def _near(units: FloatArray, least: FloatArray, chance: float) -> NDArray[np.bool_]:
    """Tell which changes may be chance, by looking at one after the other from the largest on, up to half of them.

    Each is held against all smaller ones, and the last one that they do not explain is left out with all larger ones:
    so two that have changed do not hide each other (Rosner, Percentage Points for a Generalized ESD Many-Outlier
    Procedure, Technometrics 25, 1983).
    """
    from scipy.stats import t  # noqa: PLC0415 (would slow every command down that starts)

    near = np.ones(len(units), bool)
    most = min((len(units) - 1) // 2, len(units) - FEWEST_SCATTERING)
    order, far = np.argsort(-np.abs(units)), 0
    counts = len(units) - np.arange(most)
    limits = t.isf(chance / 2 / counts, counts - 2)
    for place in range(most):
        here, smaller = order[place], units[order[place + 1 :]]
        if abs(units[here]) > limits[place] * np.sqrt(max(smaller.var(ddof=1), least[here])):
            far = place + 1
    near[order[:far]] = False
    return near


def _boards(pairs: Sequence[Pair]) -> dict[str, _Board]:
    by_board: dict[str, list[int]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        by_board[pair.board].append(place)
    return {board: _board(places, [pairs[place] for place in places]) for board, places in by_board.items()}


def _board(places: list[int], pairs: Sequence[Pair]) -> _Board:
    spreads = [_spread(pair) for pair in pairs]
    within = _pooled(*_variances(spreads))
    change, share = (np.array([getattr(each, name) for each in spreads]) for name in ("change", "share"))
    return _Board(places, change, within, share, _between(spreads, within.each, within.each))


def _least_sure(board: _Board, ways: Sequence[_Way]) -> FloatArray:
    """Return a row for each pair, by the way that explains its change best.

    The change, its standard error, degrees of freedom, how probable it is by chance, what runs are taken to differ by.
    """
    from scipy.stats import t  # noqa: PLC0415 (as above)

    variances = np.array([np.maximum(way.variance, board.least) for way in ways])
    freedom = np.array([way.freedom for way in ways])
    chances = 2 * t.sf(np.abs(board.change) / np.sqrt(variances), freedom)
    best = chances.argmax(axis=0), np.arange(len(board.places))
    varies = np.maximum(variances[best] - board.within.each * board.share, 0) / 2
    return np.column_stack([board.change, np.sqrt(variances[best]), freedom[best], chances[best], np.sqrt(varies)])


def _told(found: FloatArray) -> list[Change]:
    from scipy.stats import false_discovery_control, t  # noqa: PLC0415 (as above)

    change, error, freedom, chances, varies = found.T
    probabilities = false_discovery_control(chances)
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


def _variances(spreads: Sequence[_Spread]) -> tuple[FloatArray, FloatArray]:
    """Return what samples vary by, with its degrees of freedom."""
    return np.array([each.variance for each in spreads]), np.array([each.freedom for each in spreads], float)


def _pooled(variances: FloatArray, freedom: FloatArray) -> _Pooled:
    """Draw variances towards each other, as far as they are alike."""
    if len(variances) < FEWEST_ROWS:
        return _Pooled(variances, freedom)
    total = np.full(len(variances), freedom.sum())
    if _are_alike(variances, freedom):
        return _Pooled(np.full(len(variances), np.average(variances, weights=freedom)), total)
    way = _likeness(variances, freedom).joined(variances, freedom)
    return _Pooled(way.variance, np.minimum(way.freedom, total))


def _are_alike(variances: FloatArray, freedom: FloatArray) -> bool:
    """Test whether variances may be the same (Bartlett, 1937)."""
    from scipy.stats import chi2  # noqa: PLC0415 (as above)

    total, rows = freedom.sum(), len(variances)
    unlike = total * np.log(np.average(variances, weights=freedom)) - np.sum(freedom * np.log(variances))
    correction = 1 + (np.sum(1 / freedom) - 1 / total) / (3 * (rows - 1))
    return bool(chi2.sf(unlike / correction, rows - 1) > UNLIKE)


def _likeness(variances: FloatArray, freedom: FloatArray) -> _Likeness:
    """Tell how alike variances are.

    Smyth, 2004, section 6.2: logarithms of the variances scatter by trigamma(freedom / 2) if the true ones are the
    same, and by trigamma(prior / 2) more if they follow a scaled inverse chi-squared distribution of `prior` degrees.
    """
    from scipy.optimize import brentq  # noqa: PLC0415 (as above)
    from scipy.special import digamma, polygamma  # noqa: PLC0415

    logs = np.log(variances) - digamma(freedom / 2) + np.log(freedom / 2)
    excess = float(logs.var(ddof=1) - np.mean(polygamma(1, freedom / 2)))
    if excess <= polygamma(1, MOST_PRIOR / 2):
        return _Likeness(float(np.exp(logs.mean())), MOST_PRIOR)
    half = brentq(lambda half: polygamma(1, half) - excess, LEAST_PRIOR / 2, MOST_PRIOR / 2)
    return _Likeness(float(np.exp(logs.mean() + digamma(half) - np.log(half))), 2 * half)


def _between(spreads: Sequence[_Spread], within: FloatArray, units: FloatArray | float = 1.0) -> float:
    """Return the variance between parts, in units of which each program has its own, over all programs together."""
    between, freedom, runs = (
        np.array([getattr(each, name) for each in spreads], float)
        for name in ("between", "between_freedom", "runs_per_part")
    )
    known = float(np.sum(freedom * runs))
    return max(float(np.sum((between - freedom * within) / units)) / known, 0.0) if known else 0.0
