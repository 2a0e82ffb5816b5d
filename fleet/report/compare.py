"""Two runs, board by board and program by program: what changed, by how much, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet import cells
from fleet.analysis import naming, stats
from fleet.analysis.verdict import Level
from fleet.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.table import Table

    from fleet.analysis.board import BoardAnalysis
    from fleet.analysis.records import BoardFacts
    from fleet.analysis.stats import Estimate
    from fleet.analysis.summary import Row

# Of as many looks as there are programs, at most one in twenty changes that are told may be chance.
SIGNIFICANT = 0.05
# A single run has no spread to hold a change against.
FEWEST = 2
LEGEND = (
    "Change of the time per unit of work, with its 95 % confidence interval; p: how probable such a change is by "
    "chance; ?: suspect timings."
)
# What tells whether it is still the same board, and how people call it.
FACTS = {
    "model": "model",
    "os_pretty": "system",
    "kernel": "kernel",
    "python": "Python",
    "gcc": "gcc",
    "opencv": "OpenCV",
}


class Change(StrEnum):
    """What became of a program's time."""

    FASTER = "faster"
    SLOWER = "slower"
    NONE = "no change seen"
    UNKNOWN = "too few runs"


@dataclass(frozen=True)
class Difference:
    """One program on one board in both runs."""

    before: Row
    after: Row
    ratio: Estimate
    probability: float | None
    change: Change

    @property
    def is_suspect(self) -> bool:
        """Tell whether something is held against the timings of either run."""
        return Level.SUSPECT in (self.before.level, self.after.level)


@dataclass(frozen=True)
class Comparison:
    """What two runs have in common, and in sentences what they have not."""

    differences: tuple[Difference, ...]
    remarks: tuple[str, ...]
    is_simulated: bool


def compare(before: Mapping[str, BoardAnalysis], after: Mapping[str, BoardAnalysis]) -> Comparison:
    """Compare each board with itself; RecordError if no board measured the same program in both runs."""
    hosts = [host for host in before if host in after]
    pairs = [pair for host in hosts for pair in _pairs(before[host], after[host])]
    if not pairs:
        raise RecordError(
            f"These runs share no program on the same board: the first has {_contents(before)}, the second "
            f"{_contents(after)}; choose two runs of one suite on the same boards."
        )
    remarks = [*_only("first", before, after), *_only("second", after, before)]
    for host in hosts:
        remarks += _changed(host, before[host].records.board, after[host].records.board)
    is_simulated = any(run[host].records.is_simulated for run in (before, after) for host in hosts)
    return Comparison(tuple(_differences(pairs)), tuple(remarks), is_simulated)


def _contents(run: Mapping[str, BoardAnalysis]) -> str:
    programs = {row.experiment for board in run.values() for row in board.rows}
    return f"{', '.join(sorted(programs)) or 'no usable timing'} on {', '.join(run) or 'no board'}"


def _pairs(before: BoardAnalysis, after: BoardAnalysis) -> list[tuple[Row, Row]]:
    """Put rows of the same condition together; a size that the board found for itself may differ."""
    sized = naming.sized(before.rows) | naming.sized(after.rows)
    first, second = ({naming.comparable(row, sized): row for row in each.rows} for each in (before, after))
    return [(first[key], second[key]) for key in first if key in second]


def _differences(pairs: Sequence[tuple[Row, Row]]) -> list[Difference]:
    timed = [pair for pair in pairs if min(row.runs for row in pair) >= FEWEST]
    raw = [stats.significance(before.unit_ns, after.unit_ns) for before, after in timed]
    probabilities = dict(zip(map(id, timed), stats.adjusted(raw), strict=True))
    return [_difference(*pair, probabilities.get(id(pair))) for pair in pairs]


def _difference(before: Row, after: Row, probability: float | None) -> Difference:
    ratio = stats.ratio(after.unit_ns, before.unit_ns)
    return Difference(before, after, ratio, probability, _change(ratio, probability))


def _change(ratio: Estimate, probability: float | None) -> Change:
    if probability is None:
        return Change.UNKNOWN
    if probability >= SIGNIFICANT or ratio.low <= 1 <= ratio.high:
        return Change.NONE
    return Change.SLOWER if ratio.value > 1 else Change.FASTER


def _only(which: str, run: Mapping[str, BoardAnalysis], other: Mapping[str, BoardAnalysis]) -> list[str]:
    missing = [host for host in run if host not in other]
    return [f"Only the {which} run has {', '.join(missing)}."] if missing else []


def _changed(host: str, before: BoardFacts | None, after: BoardFacts | None) -> list[str]:
    """Say what is another board now, or the same one set up otherwise: that may be all there is to a change."""
    if before is None or after is None:
        return []
    pairs = {name: (getattr(before, field), getattr(after, field)) for field, name in FACTS.items()}
    changes = [f"{name} {old or 'none'}, then {new or 'none'}" for name, (old, new) in pairs.items() if old != new]
    return [f"{host} is not as it was: {'; '.join(changes)}."] if changes else []


def table(comparison: Comparison) -> Table:
    """Lay the differences out, a row for each."""
    headings = ("board", "program", "workers", "governor", "before", "after", "change", "p", "")
    drawn = cells.table(*headings, pad_edge=True)
    host = ""
    for each in comparison.differences:
        if each.before.host != host:
            drawn.add_section()
        host = each.before.host
        drawn.add_row(*cells.cells(_row(each, comparison)))
    return drawn


def _row(each: Difference, comparison: Comparison) -> tuple[str, ...]:
    before, after, ratio = each.before, each.after, each.ratio
    mark = "?" if each.is_suspect else ""
    chance = "" if each.probability is None else f"{each.probability:.3f}"
    change = f"{ratio.value - 1:+.1%} ({ratio.low - 1:+.1%} to {ratio.high - 1:+.1%})"
    name = naming.name(before, (other.before for other in comparison.differences if other.before.host == before.host))
    times = [f"{stats.median(row.unit_ns):.4g} ns" for row in (before, after)]
    return before.host, name, str(before.workers), before.governor, *times, change, chance, f"{each.change}{mark}"
