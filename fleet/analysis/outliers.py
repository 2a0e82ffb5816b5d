"""Boards of one kind, and which of them stand out from their like; unlike boards are never compared. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.analysis import stats
from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.analysis.records import BoardFacts
    from fleet.analysis.summary import Row

# Two boards that differ do not tell which of them is the odd one.
FEWEST_ALIKE = 3
# Boards of one kind differ by some hundredths even when all is well with them.
LEAST_DIFFERENCE = 0.05


@dataclass(frozen=True)
class Kind:
    """What boards have in common that may be compared."""

    model: str
    release: str
    userland: str
    cores: int
    is_simulated: bool

    @property
    def words(self) -> LazyText:
        """Name it."""
        named = f"{self.model or '?'}, {self.release}, {self.userland}"
        return lazy("{kind} (simulated)", kind=named) if self.is_simulated else lazy("{kind}", kind=named)


def kind_of(board: BoardFacts) -> Kind:
    """Tell what kind a board is of."""
    return Kind(board.model, board.release, board.userland, board.cores, board.simulated)


@dataclass(frozen=True)
class Outlier:
    """A program that one board runs at another speed than its like."""

    host: str
    experiment: str
    workers: int
    governor: str
    times_as_long: float


def outliers(boards: Mapping[str, tuple[BoardFacts, Sequence[Row]]]) -> list[Outlier]:
    """Find the boards that stand out, by the time of each program per unit of its size."""
    alike: dict[tuple[object, ...], dict[str, Row]] = defaultdict(dict)
    for host, (facts, lines) in boards.items():
        for line in lines:
            alike[kind_of(facts), line.experiment, line.workers, line.governor][host] = line
    return [found for lines in alike.values() if len(lines) >= FEWEST_ALIKE for found in _among(lines)]


def _among(lines: Mapping[str, Row]) -> list[Outlier]:
    unit_ns = [stats.median(line.unit_ns) for line in lines.values()]
    middle_ns = stats.median(unit_ns)
    return [
        Outlier(host, line.experiment, line.workers, line.governor, its_ns / middle_ns)
        for (host, line), its_ns, is_odd in zip(lines.items(), unit_ns, stats.outlying(unit_ns), strict=True)
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
    return lazy(
        "{host} stands out from boards of its kind (timings: {count}), most in {experiment} (workers: {workers}) under "
        "{governor}: {times:.2f} times as long.",
        host=host, count=len(its), experiment=most.experiment, workers=most.workers, governor=most.governor,
        times=most.times_as_long,
    )  # fmt: skip
