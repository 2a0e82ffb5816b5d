"""The course's statements over the whole room: a column of the matrix and a plain sentence for each; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.analysis.tolerance import Finding
from fleet.i18n import LazyText, ended, lazy
from fleet.report.names import cut, stretched

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fleet.analysis.claims import Claim
    from fleet.report.board import BoardView

# Who does not see colours sees these.
SIGNS = {
    Finding.CONFIRMED: "\N{CHECK MARK}",
    Finding.REFUTED: "\N{BALLOT X}",
    Finding.UNDECIDED: "?",
}
# Stands beside a timing that something is held against.
SUSPECT_SIGN = "!"
NOTHING = "\N{EN DASH}"
MOST_REQUIRED = 3
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Statement:
    """One of the course's statements, and what became of it on each board."""

    label: str
    claims: tuple[tuple[BoardView, Claim], ...]

    @property
    def first(self) -> Claim:
        """The statement as the first board has it; boards with fewer cores have tried fewer workers."""
        return self.claims[0][1]

    def of(self, board: str) -> Claim | None:
        """Return what became of it on a board, if that measured anything."""
        return next((claim for its, claim in self.claims if its.name == board), None)

    def boards(self, finding: Finding) -> list[str]:
        """Name the boards with this finding."""
        return [board.name for board, claim in self.claims if claim.finding is finding]

    @property
    def finding(self) -> Finding:
        """What most boards say; undecided if they are even."""
        counted = Counter(claim.finding for _, claim in self.claims).most_common(2)
        is_even = len(counted) > 1 and counted[0][1] == counted[1][1]
        return Finding.UNDECIDED if is_even else counted[0][0]

    @property
    def sentences(self) -> list[LazyText]:
        """Say in plain words what became of it in the room."""
        confirmed, refuted, undecided = (self.boards(finding) for finding in Finding)
        told = [_how_many(len(confirmed), len(self.claims))]
        if refuted:
            told.append(lazy("Refuted by {boards}.", boards=cut(refuted)))
        if undecided:
            told.append(self._undecided(undecided))
        return told

    def _undecided(self, boards: Sequence[str]) -> LazyText:
        """Name the boards that decide nothing, with the reason if it is the same for all; the evidence has each."""
        reasons = {claim.reason: claim.reason for _, claim in self.claims if claim.finding is Finding.UNDECIDED}
        if len(reasons) > 1:
            return lazy("Undecided on {boards}.", boards=cut(boards))
        return lazy("Undecided on {boards}: {reason}", boards=cut(boards), reason=ended(next(iter(reasons))))

    @property
    def required(self) -> list[str]:
        """Where the number must lie; boards with fewer cores have a place of their own."""
        return list(dict.fromkeys(claim.required for _, claim in self.claims if claim.required))[:MOST_REQUIRED]

    @property
    def example(self) -> tuple[BoardView, Claim] | None:
        """The first board with a number, which shows what is counted."""
        return next(((board, claim) for board, claim in self.claims if claim.number), None)

    @property
    def open(self) -> list[tuple[str, BoardView, Claim]]:
        """The boards that do not confirm it: names of which the same is said, the first of these boards, its claim."""
        alike: dict[tuple[object, ...], list[tuple[BoardView, Claim]]] = {}
        for board, claim in self.claims:
            if claim.finding is not Finding.CONFIRMED:
                said = (claim.finding, claim.number, claim.reason, board.is_simulated)
                alike.setdefault(said, []).append((board, claim))
        return [(stretched(board.name for board, _ in its), *its[0]) for its in alike.values()]

    @property
    def simulated(self) -> str:
        """Say what a reader must know if all of it was measured on virtual hardware."""
        return self.first.remark if all(claim.remark for _, claim in self.claims) else ""


def _how_many(confirmed: int, count: int) -> LazyText:
    if not confirmed:
        return lazy("No board confirms it.")
    if confirmed < count:
        return lazy("{confirmed} of {count} boards confirm it.", confirmed=confirmed, count=count)
    return lazy("The board confirms it.") if count == 1 else lazy("All {count} boards confirm it.", count=count)


def statements(measured: Iterable[BoardView]) -> list[Statement]:
    """Return each statement once, with a label of its own."""
    by_board = [[(board, claim) for claim in board.claims] for board in measured]
    columns = list(zip(*by_board, strict=True))
    labels = labelled([column[0][1].lesson for column in columns])
    return [Statement(label, column) for label, column in zip(labels, columns, strict=True)]


def labelled(lessons: Sequence[str]) -> list[str]:
    """Tell statements of one lesson apart by a letter."""
    counted, seen = Counter(lessons), Counter[str]()
    labels = []
    for lesson in lessons:
        labels.append(lesson if counted[lesson] == 1 else lesson + LETTERS[seen[lesson]])
        seen[lesson] += 1
    return labels
