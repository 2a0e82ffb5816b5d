"""What spreading the sum gained: per number of boards the time, and the speed-up beside the ideal one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

from fleet.analysis import stats

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fleet.spread.choose import Member
    from fleet.spread.sums import Sum

NS = 1e9
LEGEND = (
    "Medians; speed-up over the first board alone with its confidence interval (95 % from 7 rounds on, at least 87 % "
    "with 5); ideal: as many times as there are processors."
)
SIMULATED = "simulated: virtual boards share the processors of this computer, so these numbers say nothing about Pis."


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


def table(found: Sequence[SpeedupRow], *, simulated: bool) -> Table:
    """Lay the table out."""
    drawn = Table("boards", "which", "processors", "sums", "time", "speed-up", "ideal", box=SIMPLE_HEAD, pad_edge=False)
    for row in found:
        gain = f"{row.gain.value:.2f}x ({row.gain.low:.2f} to {row.gain.high:.2f})" if row.gain else "-"
        ideal = f"{row.ideal:.2f}x" if row.ideal else "-"
        time_s = f"{stats.median(row.walls_s):.2f} s"
        cells = [str(len(row.boards)), _which(row.boards), str(row.processors), str(len(row.walls_s)), time_s]
        drawn.add_row(*cells, gain + (" simulated" if simulated and row.gain else ""), ideal)
    return drawn


def _which(boards: tuple[str, ...]) -> str:
    """Name the boards; of many only the first and the last."""
    few = 4
    return ", ".join(boards) if len(boards) <= few else f"{boards[0]}, {boards[1]} ... {boards[-1]}"
