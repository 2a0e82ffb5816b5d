"""Which boards need a hand: what is wrong, what a teacher does about it, and what is typed then; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fleet.analysis.verdict import Level
from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.analysis.outliers import Outlier
    from fleet.report.board import BoardView

# A board of whose timings fewer are suspect is left alone.
WORTH_A_WALK = 0.25
COOL = lazy("Cool it: a heat sink, a fan or more air around it.")
REMEDIES: Mapping[str, LazyText] = {
    "under-voltage": lazy("Give it the power supply that is made for its model, and a short cable."),
    "capped": COOL,
    "throttled": COOL,
    "too hot": COOL,
    "busy": lazy("Stop what else runs on it, or wait until that is done."),
    "wrong clock": lazy("Another program sets its clock: switch that off."),
}
LOOK = lazy("Compare its power supply, cooling and SD card with those of its neighbours.")
AGAIN = lazy("Leave it alone while it measures.")


@dataclass(frozen=True)
class Need:
    """A board that needs a hand."""

    board: str
    problem: str
    remedy: LazyText | None
    command: str

    @property
    def names_board(self) -> bool:
        """Tell whether the problem itself begins with the name of the board, as sentences of other commands do."""
        return self.problem.startswith((f"{self.board} ", f"{self.board}: "))


@dataclass(frozen=True)
class Commands:
    """What measures again: what is missing of a run, or a single board from the beginning."""

    run: str
    is_here: bool
    # Of a room that shared it, which nobody can measure from here.
    is_shared: bool = False

    @property
    def missing(self) -> str:
        """What goes on with a run."""
        return "" if self.is_shared else f"invoke bench --again failed --run {self.run}"

    def anew(self, board: str) -> str:
        """What measures a board once more."""
        if self.is_shared:
            return ""
        return "invoke bench --here" if self.is_here else f"invoke bench --hosts {board}"


def needs(boards: Sequence[BoardView], odd: Sequence[Outlier], commands: Commands) -> list[Need]:
    """Name the boards that need a hand: first those that lack something, then spoilt, suspect and odd ones."""
    ways = (_lost, _spoilt, _suspect, partial(_odd, odd=odd))
    found: dict[str, Need] = {}
    for way in ways:
        for board in boards:
            need = None if board.name in found else way(board, commands)
            found |= {board.name: need} if need else {}
    return list(found.values())


def is_lost(board: BoardView) -> bool:
    """Tell whether something is missing of a board, or all that it timed was nothing."""
    return not (board.outcome.is_ok and board.judged)


def _lost(board: BoardView, commands: Commands) -> Need | None:
    if not is_lost(board):
        return None
    problem = board.outcome.sentence or lazy("Nothing was timed.")
    return Need(board.name, problem, None, commands.missing)


def _spoilt(board: BoardView, commands: Commands) -> Need | None:
    if not board.spoilt:
        return None
    kinds = board.kinds(Level.INVALID)
    return Need(board.name, board.spoilt, REMEDIES.get(kinds.most_common(1)[0][0], AGAIN), commands.anew(board.name))


def _suspect(board: BoardView, commands: Commands) -> Need | None:
    kinds = Counter({kind: count for kind, count in board.kinds(Level.SUSPECT).items() if kind != "simulated"})
    kind, count = kinds.most_common(1)[0] if kinds else ("", 0)
    if not count or count < WORTH_A_WALK * len(board.judged):
        return None
    problem = lazy("{count} of its {all} timings are suspect: {kind}.", count=count, all=len(board.judged), kind=kind)
    return Need(board.name, problem, REMEDIES.get(kind, AGAIN), commands.anew(board.name))


def _odd(board: BoardView, commands: Commands, odd: Sequence[Outlier]) -> Need | None:
    its = [one for one in odd if one.host == board.name]
    if not its:
        return None
    most = max(its, key=lambda one: max(one.times_as_long, 1 / one.times_as_long))
    problem = lazy(
        "It differs from boards of its kind in {count} of {all} times; {program} takes {times:.2f} times as long.",
        count=len(its), all=len(board.rows), program=most.condition.experiment, times=most.times_as_long,
    )  # fmt: skip
    return Need(board.name, problem, LOOK, commands.anew(board.name))
