"""Whether a run can be used, in one sentence, and what is typed if it cannot; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.analysis.tolerance import Finding
from fleet.i18n import LazyText, ended, lazy
from fleet.report.names import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.report.board import BoardView
    from fleet.report.needs import Commands, Need


class Use(StrEnum):
    """What a run is good for."""

    ALL = "good"
    SOME = "caution"
    NONE = "stop"


@dataclass(frozen=True)
class Banner:
    """What stands on top of the page."""

    use: Use
    sentence: LazyText
    command: str = ""


def banner(boards: Sequence[BoardView], need: Sequence[Need], commands: Commands) -> Banner:
    """Tell whether a run can be used; the worst thing first."""
    measured = [board for board in boards if board.rows]
    if not measured:
        sentence = lazy("This run cannot be used: no board has a timing that counts.")
        return Banner(Use.NONE, sentence, _command(need, commands))
    if reason := _undecided(measured):
        sentence = lazy("This run decides nothing. On most boards: {reason}", reason=ended(reason))
        return Banner(Use.NONE, sentence, _command(need))
    if all(board.is_simulated for board in measured):
        return Banner(Use.SOME, lazy("All boards are simulated: do not use the times of this run for a Raspberry Pi."))
    return _usable([board.name for board in boards if not board.rows], need)


def _usable(lost: Sequence[str], need: Sequence[Need]) -> Banner:
    """Say what a run lacks that can be used."""
    if lost:
        sentence = lazy("This run can be used, but without {boards}.", boards=cut(lost))
        return Banner(Use.SOME, sentence, _command([each for each in need if each.board in lost]))
    if need:
        named = cut([each.board for each in need])
        return Banner(Use.SOME, lazy("This run can be used; look at {boards} first.", boards=named))
    return Banner(Use.ALL, lazy("This run can be used: every board measured everything."))


def _undecided(measured: Sequence[BoardView]) -> str:
    """Return the commonest reason if not one statement was decided on any board."""
    claims = [claim for board in measured for claim in board.claims]
    if any(claim.finding is not Finding.UNDECIDED for claim in claims):
        return ""
    common = Counter(claim.reason for claim in claims).most_common(1)
    return next((claim.reason for claim in claims if claim.reason == common[0][0]), "") if common else ""


def _command(need: Sequence[Need], commands: Commands | None = None) -> str:
    """Return what mends the first of the boards that need a hand."""
    return need[0].command if need else commands.missing if commands else ""
