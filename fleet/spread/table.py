"""What spreading the sum gained: per number of boards the time, and the speed-up beside the ideal one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet import cells
from fleet.analysis import stats
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.table import Table

    from fleet.i18n import Language
    from fleet.spread.choose import Member
    from fleet.spread.sums import Sum

NS = 1e9
HEADINGS = (
    lazy("boards"), lazy("which"), lazy("processors"), lazy("sums"), lazy("time"), lazy("speed-up"), lazy("ideal"),
)  # fmt: skip
LEGEND = lazy(
    "Medians; speed-up over the first board alone with its confidence interval (95 % from 7 rounds on, at least 87 % "
    "with 5); ideal: as many times as there are processors."
)
SIMULATED = lazy(
    "simulated: virtual boards share the processors of this computer, so these numbers say nothing about Pis."
)


@dataclass(frozen=True)
class SpeedupRow:
    """One set of boards."""

    boards: tuple[str, ...]
    processors: int
    walls_s: tuple[float, ...]
    gain: stats.Estimate | None
    ideal: float | None


def rows(done: Iterable[Sum], members: Sequence[Member]) -> list[SpeedupRow]:
    """Put the sums whose time counts together by their boards, the fewest boards first."""
    processors = {each.board.name: each.processors for each in members}
    walls: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for one in done:
        if one.is_right and not one.is_interrupted:
            walls[one.boards].append(one.wall_ns / NS)
    ordered = sorted(walls, key=lambda boards: (boards[0] != members[0].board.name, len(boards)))
    return [_row(boards, walls, processors) for boards in ordered]


def _row(
    boards: tuple[str, ...], walls: Mapping[tuple[str, ...], list[float]], processors: Mapping[str, int]
) -> SpeedupRow:
    count = sum(processors[name] for name in boards)
    alone = walls.get(boards[:1])
    gain = stats.ratio(alone, walls[boards]) if alone else None
    ideal = count / processors[boards[0]] if alone else None
    return SpeedupRow(boards, count, tuple(walls[boards]), gain, ideal)


def table(found: Sequence[SpeedupRow], say: Language, *, simulated: bool) -> Table:
    """Lay the table out."""
    drawn = cells.table(*map(say, HEADINGS))
    for row in found:
        ideal = f"{row.ideal:.2f}x" if row.ideal else "-"
        time_s = f"{stats.median(row.walls_s):.2f} s"
        counts = (len(row.boards), _which(row.boards), row.processors, len(row.walls_s), time_s)
        drawn.add_row(*cells.cells((*counts, say(_gain(row.gain, simulated=simulated)), ideal)))
    return drawn


def _gain(gain: stats.Estimate | None, *, simulated: bool) -> str:
    if gain is None:
        return "-"
    words = lazy("{value:.2f}x ({low:.2f} to {high:.2f})", value=gain.value, low=gain.low, high=gain.high)
    return lazy("{words} simulated", words=words) if simulated else words


def _which(boards: tuple[str, ...]) -> str:
    """Name the boards; of many only the first and the last."""
    few = 4
    return ", ".join(boards) if len(boards) <= few else f"{boards[0]}, {boards[1]} ... {boards[-1]}"
