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

from fleet.analysis import variation
from fleet.analysis.stats import CONFIDENCE, Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.analysis.variation import FloatArray

# In so many boards the middle one is no single one.
FEWEST_BOARDS = 3
# So many boards tell how alike boards are: two degrees of freedom each.
TOLD_BY_BOARD = 2


@dataclass(frozen=True)
class Pair:
    """The times of one program on one board in two runs."""

    board: str
    before: variation.Times
    after: variation.Times


@dataclass(frozen=True)
class Change:
    """How many times as long the work takes, and how probable such a change is where nothing changed.

    The probability is adjusted for the number of programs looked at (Benjamini and Hochberg, 1995); `run_to_run` is the
    deviation from run to run that was reckoned with, as a share of the time.
    """

    ratio: Estimate
    probability: float
    run_to_run: float


def changes(pairs: Sequence[Pair], known: Mapping[str, variation.RunToRun] | None = None) -> list[Change]:
    """Judge all pairs together, for each tells something about the others of its board; `known` is known by board."""
    if not pairs:
        return []
    boards = _boards(pairs)
    ways = _ways(boards, {name: runs for name, runs in (known or {}).items() if runs.is_known})
    found = np.empty((len(pairs), 5))
    for name, board in boards.items():
        found[board.places] = _least_sure(board, ways[name])
    return _told(found)


def _ways(boards: Mapping[str, _Board], known: Mapping[str, variation.RunToRun]) -> dict[str, list[variation.Way]]:
    """Reckon for each board with what is known of its runs, else with how changes scatter, else with its samples."""
    left = {name: board for name, board in boards.items() if name not in known}
    return {
        **{name: board.by(known[name]) for name, board in boards.items() if name in known},
        **{name: board.by_samples() for name, board in left.items()},
        **_by_scatter({name: board for name, board in left.items() if board.tells_scatter}),
    }


def _by_scatter(boards: Mapping[str, _Board]) -> dict[str, list[variation.Way]]:
    """Have the programs of each board tell how far changes scatter, and the boards how alike they are in that."""
    scatters = {name: board.scatters(len(boards)) for name, board in boards.items()}
    known = [_likeness_of_boards(its) for its in zip(*scatters.values(), strict=True)]
    return {
        name: [scatter.of_others(each) for scatter, each in zip(its, known, strict=True)]
        for name, its in scatters.items()
    }


def _likeness_of_boards(scatters: Sequence[variation.Scatter]) -> variation.Likeness:
    if len(scatters) < FEWEST_BOARDS:
        return variation.NOTHING_KNOWN
    variances = np.array([max(each.variance, variation.RESOLUTION**2) for each in scatters])
    likeness = variation.likeness(variances, np.array([each.tells.sum() - 1.0 for each in scatters]))
    return replace(likeness, freedom=min(likeness.freedom, TOLD_BY_BOARD * (len(scatters) - 1.0)))


@dataclass(frozen=True)
class _Board:
    """The pairs of one board: their places, the change of each mean, the variance of samples, 1/n + 1/m."""

    places: list[int]
    change: FloatArray
    within: variation.Pooled
    share: FloatArray
    between: float

    @property
    def tells_scatter(self) -> bool:
        """Tell whether enough programs are there."""
        return len(self.places) >= variation.FEWEST_SCATTERING

    @property
    def least(self) -> FloatArray:
        """What no variance of a change is taken to be less than."""
        least: FloatArray = 2 * np.maximum(variation.LEAST_RUN_TO_RUN**2, self.between * self.within.each)
        return least

    def by(self, known: variation.RunToRun) -> list[variation.Way]:
        """Reckon with what other runs showed."""
        samples, freedom = self.within.each * self.share, np.full(len(self.places), float(known.freedom))
        differing = known.variance, known.multiple * self.within.each
        return [variation.Way(samples + 2 * each, freedom) for each in differing]

    def by_samples(self) -> list[variation.Way]:
        """Take runs to differ as samples do."""
        return [variation.Way(self.within.each * (self.share + 2), self.within.freedom)]

    def scatters(self, boards: int) -> list[variation.Scatter]:
        """Look at how the changes scatter: where all programs differ by as much, and where they do as samples do."""
        alike = np.full(len(self.places), variation.LEAST_RUN_TO_RUN**2)
        return [
            variation.Scatter.of(self.change, base, self.least, boards)
            for base in (alike, self.within.each * self.share)
        ]


def _boards(pairs: Sequence[Pair]) -> dict[str, _Board]:
    by_board: dict[str, list[int]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        by_board[pair.board].append(place)
    return {board: _board(places, [pairs[place] for place in places]) for board, places in by_board.items()}


def _board(places: list[int], pairs: Sequence[Pair]) -> _Board:
    spreads = [_spread(pair) for pair in pairs]
    within = variation.pooled(*variation.variances(spreads))
    change, share = (np.array([getattr(each, name) for each in spreads]) for name in ("change", "share"))
    return _Board(places, change, within, share, variation.between(spreads, within.each, within.each))


def _spread(pair: Pair) -> variation.Spread:
    before, after = (np.log(times.unit_ns) for times in (pair.before, pair.after))
    parts = [*variation.by_block(before, pair.before.blocks), *variation.by_block(after, pair.after.blocks)]
    if len(parts) >= len(before) + len(after):  # a sample per block: nothing tells blocks from samples
        parts = [before, after]
    return replace(
        variation.spread_of(parts, [before, after]),
        change=float(after.mean() - before.mean()),
        share=1 / len(before) + 1 / len(after),
    )


def _least_sure(board: _Board, ways: Sequence[variation.Way]) -> FloatArray:
    """Return a row for each pair, by the way that explains its change best.

    The change, its standard error, degrees of freedom, how probable it is by chance, what runs are taken to differ by.
    """
    from scipy.stats import t  # noqa: PLC0415 (would slow every command down that starts)

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
