"""Which boards stand out from those of their kind; unlike boards are never compared. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.analysis import naming, stats
from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fleet.analysis.board import BoardAnalysis
    from fleet.analysis.condition import Condition
    from fleet.analysis.summary import Row

# Two boards that differ do not tell which of them is the odd one.
FEWEST_ALIKE = 3
# Boards of one kind differ by some hundredths even when all is well with them.
LEAST_DIFFERENCE = 0.05


@dataclass(frozen=True)
class Outlier:
    """A program that one board runs at another speed than its like."""

    host: str
    condition: Condition
    times_as_long: float


def outliers(boards: Iterable[BoardAnalysis]) -> list[Outlier]:
    """Find the boards that stand out, by the time of each program per unit of its size."""
    alike: dict[tuple[object, Condition], dict[str, Row]] = defaultdict(dict)
    for board in boards:
        sized = naming.sized(board.rows)
        for row in board.rows if board.kind else ():
            alike[board.kind, naming.comparable(row, sized)][board.host] = row
    return [found for by_host in alike.values() if len(by_host) >= FEWEST_ALIKE for found in _among(by_host)]


def _among(by_host: Mapping[str, Row]) -> list[Outlier]:
    unit_ns = [stats.median(row.unit_ns) for row in by_host.values()]
    middle_ns = stats.median(unit_ns)
    return [
        Outlier(host, row.condition, its_ns / middle_ns)
        for (host, row), its_ns, is_odd in zip(by_host.items(), unit_ns, stats.outlying(unit_ns), strict=True)
        if is_odd and abs(its_ns / middle_ns - 1) > LEAST_DIFFERENCE
    ]


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
