"""A run with all that its records mean: read, judged and summed up once, and handed to whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.analysis.board import BoardAnalysis
from fleet.boards.outcome import Outcome, State
from fleet.i18n import lazy
from fleet.results import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fleet.analysis.records import Records
    from fleet.results import Run


@dataclass(frozen=True)
class Analysis:
    """A run, its boards that recorded anything, how each board ended, and which files were not let in."""

    run: Run
    boards: Mapping[str, BoardAnalysis]
    outcomes: Sequence[Outcome]
    complaints: Sequence[str] = ()

    @property
    def disbelieved(self) -> list[str]:
        """Say what is wrong with the records of boards that were well, as far as the run itself knows."""
        noted = {each.board: each for each in self.run.outcomes}
        return [each.sentence for each in self.outcomes if each != noted.get(each.board)]


def analyse(run: Run) -> Analysis:
    """Read what every board recorded; nothing that is shown of the run reads it again."""
    found, complaints = run.records()
    boards = {host: BoardAnalysis(records) for host, records in found.items()}
    return Analysis(run, boards, believed(run.outcomes, found, complaints), complaints)


def _missing(board: str) -> str:
    return lazy("The records of {board} are not in its run.", board=board)


def believed(outcomes: Iterable[Outcome], found: Mapping[str, Records], complaints: Sequence[str]) -> list[Outcome]:
    """Return the rows as the records bear them out: no board is well whose records are missing, damaged or refused."""
    wrong = {host: each.flaw for host, each in found.items() if each.flaw}
    wrong |= {each.board: each for each in complaints if isinstance(each, Unread)}
    return [
        Outcome(each.board, State.FAILED, wrong.get(each.board, _missing(each.board)))
        if each.is_ok and (each.board in wrong or each.board not in found)
        else each
        for each in outcomes
    ]
