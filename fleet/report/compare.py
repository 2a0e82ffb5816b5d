"""Two runs, board by board and program by program: what changed, by how much, and what that is worth."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet import cells
from fleet.analysis import changes, naming, stats, variation
from fleet.analysis.evidence import disturbance
from fleet.analysis.verdict import Level
from fleet.errors import RecordError
from fleet.i18n import lazy
from fleet.report.statements import SUSPECT_SIGN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rich.table import Table

    from fleet.analysis.board import BoardAnalysis
    from fleet.analysis.condition import Condition
    from fleet.analysis.records import BoardFacts
    from fleet.analysis.stats import Estimate
    from fleet.analysis.summary import Row
    from fleet.i18n import Language

# Of as many looks as there are programs, at most one in twenty changes that are told may be chance.
SIGNIFICANT = 0.05
# A single run has no spread to hold a change against.
FEWEST = 2
LEAST_CHANCE = 0.001
LONG_NS = 10_000_000_000
LEGEND = lazy(
    "Time: median of the work, at the size of the first run. Change: of the mean, with its 95 % confidence interval in "
    "percent, in which runs vary too. p: how probable such a change is by chance; !: suspect timings."
)
SIMULATED = lazy("Simulated boards are among them: their times say nothing about a real Pi.")
HEADINGS = (lazy("program"), lazy("before"), lazy("after"), lazy("change"), "p", "")
# Beside these, what a program is called may take two lines of a terminal of 80 columns.
NUMBERS = slice(1, 6)
# What tells whether it is still the same board, and how people call it.
FACTS: dict[str, str] = {
    "model": lazy("model"),
    "os_pretty": lazy("system"),
    "kernel": lazy("kernel"),
    "python": "Python",
    "gcc": "gcc",
    "opencv": "OpenCV",
}


class Change(StrEnum):
    """What became of a program's time."""

    FASTER = "faster"
    SLOWER = "slower"
    NONE = "no change seen"
    UNDECIDED = "undecided"
    UNKNOWN = "too few runs"


@dataclass(frozen=True)
class Difference:
    """One program on one board in both runs."""

    before: Row
    after: Row
    change: Change
    ratio: Estimate | None = None
    probability: float | None = None
    run_to_run: float | None = None
    disturbance: str = ""

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


def compare(
    before: Mapping[str, BoardAnalysis],
    after: Mapping[str, BoardAnalysis],
    others: Sequence[Mapping[str, BoardAnalysis]] = (),
) -> Comparison:
    """Compare each board with itself; RecordError if no board measured the same program in both runs.

    Other runs of the same boards, set up as they are in the first one, tell how far runs differ when nothing changed.
    """
    hosts = [host for host in before if host in after]
    pairs = [pair for host in hosts for pair in _pairs(before[host], after[host])]
    if not pairs:
        raise RecordError(
            lazy(
                "These runs share no program on the same board: the first has {first}, the second {second}; choose two "
                "runs of one suite on the same boards.",
                first=_contents(before),
                second=_contents(after),
            )
        )
    known = {host: _known(before[host], [run[host] for run in others if host in run]) for host in hosts}
    differences = _differences(pairs, known)
    remarks = (*_set_up(before, after, hosts), *_run_to_run(differences, known), *_undecided(differences))
    return Comparison(tuple(differences), remarks, any(_is_simulated(before[host], after[host]) for host in hosts))


def _is_simulated(*boards: BoardAnalysis) -> bool:
    return any(board.records.is_simulated for board in boards)


def _set_up(
    before: Mapping[str, BoardAnalysis], after: Mapping[str, BoardAnalysis], hosts: Iterable[str]
) -> Iterator[str]:
    """Say which boards only one run has, and which are not set up as they were."""
    if missing := _missing(before, after):
        yield lazy("Only the first run has {boards}.", boards=missing)
    if missing := _missing(after, before):
        yield lazy("Only the second run has {boards}.", boards=missing)
    for host in hosts:
        yield from _changed(host, before[host].records.board, after[host].records.board)


def _contents(run: Mapping[str, BoardAnalysis]) -> str:
    programs = sorted({row.experiment for board in run.values() for row in board.rows})
    if not programs:
        return lazy("no usable timing")
    return lazy("{programs} on {boards}", programs=", ".join(programs), boards=", ".join(run))


def _pairs(before: BoardAnalysis, after: BoardAnalysis) -> list[tuple[Row, Row]]:
    """Put rows of the same condition together; a size that the board found for itself may differ."""
    sized = naming.sized(before.rows) | naming.sized(after.rows)
    first, second = ({naming.comparable(row, sized): row for row in each.rows} for each in (before, after))
    return [(first[key], second[key]) for key in first if key in second]


def _known(before: BoardAnalysis, others: Iterable[BoardAnalysis]) -> variation.RunToRun:
    """Learn from the other runs of a board how far its runs differ, of the programs that two of them have."""
    found: dict[Condition, list[variation.Times]] = defaultdict(list)
    for other in (each for each in others if _is_as_it_was(before, each)):
        sized = naming.sized(before.rows) | naming.sized(other.rows)
        for row in other.rows:
            if row.runs >= FEWEST:
                found[naming.comparable(row, sized)].append(_times(row))
    return variation.run_to_run([runs for runs in found.values() if len(runs) >= FEWEST])


def _is_as_it_was(before: BoardAnalysis, other: BoardAnalysis) -> bool:
    facts = before.records.board, other.records.board
    return None not in facts and not _changed("", *facts)


def _differences(pairs: Sequence[tuple[Row, Row]], known: Mapping[str, variation.RunToRun]) -> list[Difference]:
    timed = [pair for pair in pairs if min(row.runs for row in pair) >= FEWEST]
    judged = changes.changes(
        [changes.Pair(before.host, _times(before), _times(after)) for before, after in timed], known
    )
    found = {id(pair): change for pair, change in zip(timed, judged, strict=True)}
    return [_difference(*pair, found.get(id(pair))) for pair in pairs]


def _times(row: Row) -> variation.Times:
    return variation.Times(row.unit_ns, [sample.block for sample in row.samples])


def _difference(before: Row, after: Row, found: changes.Change | None) -> Difference:
    if found is None:
        return Difference(before, after, Change.UNKNOWN)
    change, disturbed = _change(found), disturbance(before.judged) or disturbance(after.judged) or ""
    if change is not Change.NONE and disturbed:
        change = Change.UNDECIDED
    return Difference(before, after, change, found.ratio, found.probability, found.run_to_run, disturbed)


def _change(found: changes.Change) -> Change:
    if found.probability >= SIGNIFICANT or found.ratio.low <= 1 <= found.ratio.high:
        return Change.NONE
    return Change.SLOWER if found.ratio.value > 1 else Change.FASTER


def _run_to_run(differences: Sequence[Difference], known: Mapping[str, variation.RunToRun]) -> list[str]:
    """Say how far two runs are taken to differ although nothing changed."""
    reckoned = [each.run_to_run for each in differences if each.run_to_run is not None]
    if not reckoned:
        return []
    usual, most = stats.median(reckoned), max(reckoned)
    deviation = lazy("{usual:.1%}, up to {most:.1%}", usual=usual, most=most) if most > 2 * usual else f"{usual:.1%}"
    is_known = all(each.is_known for each in known.values())
    return [
        lazy(
            "Where nothing changed, runs are taken to differ by {deviation} (standard deviation, {source}) besides "
            "what samples vary, and by {least:.1%} in all at least.",
            deviation=deviation,
            source=lazy("by other runs of these boards") if is_known else lazy("by these two runs alone"),
            least=variation.LEAST_RUN_TO_RUN,
        )
    ]


def _undecided(differences: Sequence[Difference]) -> list[str]:
    """Say why a change that there may be is not told."""
    taken_back = [each for each in differences if each.change is Change.UNDECIDED]
    return [
        lazy(
            "{program} on {board}: undecided. {why}",
            program=_name(each, differences),
            board=each.before.host,
            why=each.disturbance,
        )
        for each in taken_back
    ]


def _name(each: Difference, among: Sequence[Difference]) -> str:
    return naming.name(each.before, (other.before for other in among if other.before.host == each.before.host))


def _missing(run: Mapping[str, BoardAnalysis], other: Mapping[str, BoardAnalysis]) -> str:
    return ", ".join(host for host in run if host not in other)


def _changed(host: str, before: BoardFacts | None, after: BoardFacts | None) -> list[str]:
    """Say what is another board now, or the same one set up otherwise: that may be all there is to a change."""
    if before is None or after is None:
        return []
    pairs = [(name, getattr(before, field), getattr(after, field)) for field, name in FACTS.items()]
    return [
        lazy(
            "{board} is not as it was: {fact} {old}, then {new}.",
            board=host,
            fact=name,
            old=_or_none(old),
            new=_or_none(new),
        )
        for name, old, new in pairs
        if old != new
    ]


def _or_none(fact: str) -> str:
    return fact or lazy("none")


def table(comparison: Comparison, say: Language) -> Table:
    """Lay the differences out, a row for each, below a line for each governor of a board."""
    drawn = cells.table(*map(say, HEADINGS), collapse=True)
    drawn.columns[0].overflow = "fold"
    for column in drawn.columns[NUMBERS]:
        column.no_wrap = True
    for place, its in _places(comparison.differences).items():
        drawn.add_section()
        drawn.add_row(cells.cell(", ".join(place)))
        for each in its:
            drawn.add_row(*cells.cells(map(say, _row(each, comparison))))
    return drawn


def _places(differences: Sequence[Difference]) -> dict[tuple[str, str], list[Difference]]:
    """Put together what one board did under one governor."""
    found: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for each in differences:
        found[each.before.host, each.before.governor].append(each)
    return found


def _row(each: Difference, comparison: Comparison) -> tuple[str, ...]:
    before, after = each.before, each.after
    chance = "" if each.probability is None else _chance(each.probability)
    times = [_time(stats.median(row.unit_ns) * before.size) for row in (before, after)]
    workers = f" \N{MULTIPLICATION SIGN}{before.workers}" if before.workers > 1 else ""
    word = lazy("none seen") if each.change is Change.NONE else lazy(each.change)
    change = lazy("{change}{sign}", change=word, sign=SUSPECT_SIGN if each.is_suspect else "")
    return f"{_name(each, comparison.differences)}{workers}", *times, _by(each), chance, change


def _by(each: Difference) -> str:
    if each.ratio is None:
        return ""
    low, high = 100 * (each.ratio.low - 1), 100 * (each.ratio.high - 1)
    return lazy("{value:+.1%} ({low:+.1f} to {high:+.1f})", value=each.ratio.value - 1, low=low, high=high)


def _chance(probability: float) -> str:
    return "<0.001" if probability < LEAST_CHANCE else f"{probability:.3f}"


def _time(work_ns: float) -> str:
    return f"{work_ns / 1e6:.4g} ms" if work_ns < LONG_NS else f"{work_ns / 1e9:.4g} s"
