"""The closing table: per board and program the medians, the gain from more workers, whether the course was right."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from fleet import cells
from fleet.analysis import claims, summary
from fleet.analysis.verdict import Level, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

    from fleet.analysis.claims import Claim
    from fleet.analysis.records import Records
    from fleet.analysis.summary import Row
    from fleet.boards.outcome import Outcome

SUSPECT_MARK = "?"
# The suite `full` gives a board 60 rows; one that sends more must not push the others off the screen.
MOST_ROWS = 100
LEGEND = "Medians of real time; 1.9x: speed-up of the work over one worker; ?: suspect, the report says why."


def table(outcomes: Sequence[Outcome], found: dict[str, Records]) -> Table:
    """Lay the table out; a board without samples has a row that says how it ended."""
    governors = governors_of(found.values())
    drawn = cells.table("board", "program", "workers", *governors, "the course")
    for outcome in outcomes:
        for row in rows(outcome, found.get(outcome.board), governors):
            drawn.add_row(*cells.cells(row))
        drawn.add_section()
    return drawn


def governors_of(found: Iterable[Records]) -> list[str]:
    """List the governors of all boards, each once, in the order in which they were used."""
    return list(dict.fromkeys(sample.governor for records in found for sample in records.samples))


def rows(outcome: Outcome, records: Records | None, governors: Sequence[str]) -> list[list[str]]:
    """Write the rows of one board."""
    made = _measured(records, governors) if records else []
    notes = [outcome.board, *_ended(outcome, records)]
    if records and records.is_simulated:
        notes.append("emulated" if records.is_emulated else "simulated")
    made += [[""] * (len(governors) + 3) for _ in range(len(notes) - len(made))]
    notes += [""] * (len(made) - len(notes))
    drawn = [[note, *row] for note, row in zip(notes, made, strict=True)]
    left = len(drawn) - MOST_ROWS
    return drawn if left <= 0 else [*drawn[:MOST_ROWS], ["", f"and {left} more", *[""] * (len(governors) + 2)]]


def _ended(outcome: Outcome, records: Records | None) -> list[str]:
    """Say how a board ended unless all is well; without whole records it is not, whatever its row says."""
    if not outcome.is_ok:
        return [str(outcome.state)]
    if records is None:
        return ["no records"]
    return ["not whole"] if records.flaw else []


def _measured(records: Records, governors: Sequence[str]) -> list[list[str]]:
    verdicts = judge(records)
    held = claims.check(records, verdicts)
    made = []
    lines = summary.rows(records, verdicts)
    for experiment, of_experiment in groupby(lines, key=lambda line: line.experiment):
        words = [claim_words(claim) for claim in held if claim.experiment == experiment]
        for (_, workers), alike in groupby(of_experiment, key=lambda line: (line.size, line.workers)):
            by_governor = {line.governor: line for line in alike}
            cells = [_cell(by_governor.get(governor)) for governor in governors]
            name = summary.name(next(iter(by_governor.values())), lines)
            made.append([name, str(workers), *cells, "\n".join(words)])
            words = []
    return made


def _cell(line: Row | None) -> str:
    if line is None:
        return ""
    gain = f" {line.speed_up.value:.2f}x" if line.speed_up else ""
    mark = SUSPECT_MARK if line.level is Level.SUSPECT else ""
    return f"{seconds(line.real_s.value)}{gain}{mark}"


def claim_words(claim: Claim) -> str:
    """Write a claim and what became of it in a few words."""
    return f"{claim.finding}: {claim.statement} ({claim.number or claim.reason})"


def plain(columns: Sequence[str], found: Iterable[Sequence[object]]) -> Table:
    """Lay out any rows."""
    drawn = cells.table(*columns)
    for row in found:
        drawn.add_row(*cells.cells(row))
    return drawn


def seconds(value_s: float) -> str:
    """Write a time with three digits that mean something."""
    return f"{value_s * 1000:.0f} ms" if value_s < 1 else f"{value_s:.2f} s"
