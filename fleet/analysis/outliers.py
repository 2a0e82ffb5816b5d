"""Which boards stand out from their kind, or into which two groups they fall; unlike boards never meet. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fleet.analysis import naming, robust, stats
from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fleet.analysis.board import BoardAnalysis
    from fleet.analysis.condition import Condition
    from fleet.analysis.summary import Row

# Two boards that differ do not tell which of them is the odd one.
FEWEST_ALIKE = 3
# In one of twenty rooms in which all is well something may be told, over all boards and programs together.
CHANCE = 0.05
# Less is not told, however sure it is.
LEAST_DIFFERENCE = 0.05
MOST_NAMED = 10


@dataclass(frozen=True)
class Outlier:
    """A program that one board runs at another speed than its like."""

    host: str
    condition: Condition
    times_as_long: float


@dataclass(frozen=True)
class TwoGroups:
    """A program that boards of one kind run at two speeds: which are the slower ones, and of how many."""

    slower: tuple[str, ...]
    all: int
    condition: Condition
    times_as_long: float


@dataclass(frozen=True)
class Unlike:
    """What is unlike in a room: boards that stand out, and kinds of boards that fall into two groups."""

    outliers: list[Outlier]
    groups: list[TwoGroups]


def outliers(boards: Iterable[BoardAnalysis]) -> list[Outlier]:
    """Find the boards that stand out, by the time of each program per unit of its size."""
    return unlike(boards).outliers


def unlike(boards: Iterable[BoardAnalysis]) -> Unlike:
    """Find the boards that stand out and those that fall into two groups.

    All looks together keep the chance (Bonferroni): each board in each program is one, and each gap.
    """
    alike = _alike(boards)
    limit = CHANCE / max(1, sum(len(by_host) + 1 for by_host in alike))
    groups = [(by_host, _groups(by_host, limit)) for by_host in alike]
    single = [found for by_host, group in groups if group is None for found in _among(by_host, limit)]
    return Unlike(single, [group for _, group in groups if group])


def _alike(boards: Iterable[BoardAnalysis]) -> list[Mapping[str, Row]]:
    """Put the rows together that may be held against each other."""
    alike: dict[tuple[object, Condition], dict[str, Row]] = defaultdict(dict)
    for board in boards:
        sized = naming.sized(board.rows)
        for row in board.rows if board.kind else ():
            alike[board.kind, naming.comparable(row, sized)][board.host] = row
    return [by_host for by_host in alike.values() if len(by_host) >= FEWEST_ALIKE]


def _among(by_host: Mapping[str, Row], limit: float) -> list[Outlier]:
    logs = _logs(by_host)
    middle = float(np.median(logs))
    return [
        Outlier(host, row.condition, float(np.exp(its - middle)))
        for (host, row), its, chance in zip(by_host.items(), logs, robust.oddness(logs, _noise(by_host)), strict=True)
        if chance < limit and _is_much(its - middle)
    ]


def _groups(by_host: Mapping[str, Row], limit: float) -> TwoGroups | None:
    logs = _logs(by_host)
    found = robust.split(logs, _noise(by_host))
    if found is None or found.probability >= limit:
        return None
    ordered = sorted(zip(logs, by_host, strict=True))
    fast, slow = ordered[: found.lower], ordered[found.lower :]
    apart = float(np.median([its for its, _ in slow]) - np.median([its for its, _ in fast]))
    if not _is_much(apart):
        return None
    names = tuple(host for host in by_host if host in {host for _, host in slow})
    return TwoGroups(names, len(by_host), by_host[names[0]].condition, float(np.exp(apart)))


def _is_much(apart: float) -> bool:
    return bool(abs(np.expm1(apart)) > LEAST_DIFFERENCE)


def _logs(by_host: Mapping[str, Row]) -> list[float]:
    return [float(np.log(stats.median(row.unit_ns))) for row in by_host.values()]


def _noise(by_host: Mapping[str, Row]) -> float:
    """Return how far the median of a board in the middle is uncertain, by the spread of its repetitions."""
    errors = [
        float(np.std(np.log(row.unit_ns), ddof=1)) * np.sqrt(robust.MEDIAN_VARIANCE / row.runs)
        for row in by_host.values()
        if row.runs > 1
    ]
    return float(np.median(errors)) if errors else 0.0


def sentences(found: Sequence[Outlier]) -> list[LazyText]:
    """Say of each board that stands out in how many programs it does, and where most."""
    by_host: dict[str, list[Outlier]] = defaultdict(list)
    for one in found:
        by_host[one.host].append(one)
    return [_sentence(host, its) for host, its in by_host.items()]


def _sentence(host: str, its: Sequence[Outlier]) -> LazyText:
    most = max(its, key=lambda one: max(one.times_as_long, 1 / one.times_as_long))
    where = most.condition
    return lazy(
        "{host} stands out from boards of its kind (timings: {count}), most in {experiment} (workers: {workers}) under "
        "{governor}: {times:.2f} times as long.",
        host=host, count=len(its), experiment=where.experiment, workers=where.workers, governor=where.governor,
        times=most.times_as_long,
    )  # fmt: skip


def group_sentences(found: Sequence[TwoGroups]) -> list[LazyText]:
    """Say of each two groups which boards are the slower ones, once for all programs, and where most."""
    by_boards: dict[tuple[str, ...], list[TwoGroups]] = defaultdict(list)
    for one in found:
        by_boards[one.slower].append(one)
    return [_group_sentence(its) for its in by_boards.values()]


def _group_sentence(its: Sequence[TwoGroups]) -> LazyText:
    most = max(its, key=lambda one: one.times_as_long)
    named = ", ".join(most.slower[:MOST_NAMED]) + (", ..." if len(most.slower) > MOST_NAMED else "")
    where = most.condition
    return lazy(
        "Two groups: {slow} of {all} boards of one kind are slower than the others ({named}; timings: {count}), most "
        "in {experiment} (workers: {workers}) under {governor}: {times:.2f} times as long.",
        slow=len(most.slower), all=most.all, named=named, count=len(its), experiment=where.experiment,
        workers=where.workers, governor=where.governor, times=most.times_as_long,
    )  # fmt: skip
