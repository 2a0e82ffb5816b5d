"""The closing table: per board and program the medians, the gain from more workers, whether the course was right."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from fleet import cells
from fleet.analysis import naming
from fleet.analysis.tolerance import Finding
from fleet.analysis.verdict import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table

    from fleet.analysis.board import BoardAnalysis
    from fleet.analysis.claims import Claim
    from fleet.analysis.summary import Row
    from fleet.boards.outcome import Outcome
    from fleet.results.analysis import Analysis

SUSPECT_MARK = "?"
# The suite `full` gives a board 60 rows; one that sends more must not push the others off the screen.
MOST_ROWS = 100
LEGEND = "Medians of real time; 1.9x: speed-up of the work over one worker; ?: suspect, the report says why."


def table(analysis: Analysis) -> Table:
    """Lay the table out; a board without samples has a row that says how it ended."""
    governors = governors_of(analysis.boards.values())
    drawn = cells.table("board", "program", "workers", *governors, "the course")
    for outcome in analysis.outcomes:
        for row in rows(outcome, analysis.boards.get(outcome.board), governors):
            drawn.add_row(*cells.cells(row))
        drawn.add_section()
    return drawn


def governors_of(boards: Iterable[BoardAnalysis]) -> list[str]:
    """List the governors of all boards, each once, in the order in which they were used."""
    return list(dict.fromkeys(sample.governor for board in boards for sample in board.records.samples))


def rows(outcome: Outcome, board: BoardAnalysis | None, governors: Sequence[str]) -> list[list[str]]:
    """Write the rows of one board."""
    made = _measured(board, governors) if board else []
    notes = [outcome.board, *_ended(outcome, board), *_hardware(board)]
    made += [[""] * (len(governors) + 3) for _ in range(len(notes) - len(made))]
    notes += [""] * (len(made) - len(notes))
    drawn = [[note, *row] for note, row in zip(notes, made, strict=True)]
    left = len(drawn) - MOST_ROWS
    return drawn if left <= 0 else [*drawn[:MOST_ROWS], ["", f"and {left} more", *[""] * (len(governors) + 2)]]


def _ended(outcome: Outcome, board: BoardAnalysis | None) -> list[str]:
    """Say how a board ended unless all is well; without whole records it is not, whatever its row says."""
    if not outcome.is_ok:
        return [str(outcome.state)]
    if board is None:
        return ["no records"]
    return ["not whole"] if board.records.flaw else []


def _hardware(board: BoardAnalysis | None) -> list[str]:
    """Say that the hardware is not real."""
    if board is None or not board.records.is_simulated:
        return []
    return ["emulated" if board.records.is_emulated else "simulated"]


def _measured(board: BoardAnalysis, governors: Sequence[str]) -> list[list[str]]:
    made = []
    for experiment, of_experiment in groupby(board.rows, key=lambda row: row.experiment):
        words = [claim_words(claim) for claim in board.claims if claim.experiment == experiment]
        for (_, workers), alike in groupby(of_experiment, key=lambda row: (row.size, row.workers)):
            by_governor = {row.governor: row for row in alike}
            times = [_time(by_governor.get(governor)) for governor in governors]
            name = naming.name(next(iter(by_governor.values())), board.rows)
            made.append([name, str(workers), *times, "\n".join(words)])
            words = []
    return made


def _time(row: Row | None) -> str:
    if row is None:
        return ""
    gain = f" {row.speed_up.value:.2f}x" if row.speed_up else ""
    mark = SUSPECT_MARK if row.level is Level.SUSPECT else ""
    return f"{seconds(row.real_s.value)}{gain}{mark}"


def claim_words(claim: Claim) -> str:
    """Write a claim and what became of it in a few words."""
    told = claim.reason if claim.finding is Finding.UNDECIDED else claim.number
    return f"{claim.finding}: {claim.statement} ({told})"


def plain(columns: Sequence[str], found: Iterable[Sequence[object]]) -> Table:
    """Lay out any rows."""
    drawn = cells.table(*columns)
    for row in found:
        drawn.add_row(*cells.cells(row))
    return drawn


def seconds(value_s: float) -> str:
    """Write a time with three digits that mean something."""
    return f"{value_s * 1000:.0f} ms" if value_s < 1 else f"{value_s:.2f} s"
