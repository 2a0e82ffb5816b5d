"""Asking the boards what they can do, and choosing those that compute together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.boards import messages
from fleet.boards.outcome import Outcome, State
from fleet.boards.pilab import PILAB
from fleet.boards.pool import on_all
from fleet.boards.ssh import OPEN_LIMIT_S, Link
from fleet.i18n import lazy
from fleet.spread import answer as answers
from fleet.spread import choose
from fleet.spread.answer import InvalidAnswerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.boards.inventory import Board
    from fleet.spread.answer import Look
    from fleet.spread.choose import Member

LIMIT_S = 60.0
NO_PROGRAM = (126, 127)


@dataclass(frozen=True)
class Chosen:
    """The boards that compute, what each said of itself, and the rows of those that are left out."""

    members: list[Member]
    facts: dict[str, Look]
    left_out: dict[str, Outcome]


def ask(boards: Sequence[Board]) -> Chosen:
    """Ask all boards and choose; PlanError if none is left."""
    outcomes = on_all(boards, _look, LIMIT_S + OPEN_LIMIT_S)
    found = {row.board: answers.look(row.detail) for row in outcomes if row.is_ok}
    left_out = {row.board: row for row in outcomes if not row.is_ok}
    return _together(boards, found, left_out)


def _look(board: Board) -> Outcome:
    with Link(board) as link:
        answer = link.run(f"{PILAB} spread look", limit_s=LIMIT_S)
    playbook = f"{choose.PLAYBOOK} {board.name}"
    if answer.status in NO_PROGRAM:
        return Outcome(board.name, State.FAILED, messages.not_provisioned(board))
    if answer.status != 0:
        words = lazy(
            "{board} does not know how to take part; tell it with: {command}", board=board.name, command=playbook
        )
        return Outcome(board.name, State.FAILED, words)
    try:
        reason = choose.unfit(board.name, answers.look(answer.stdout))
    except InvalidAnswerError as error:
        words = lazy(
            "{board} says of itself what cannot be ({error}); tell it anew with: {command}",
            board=board.name,
            error=error,
            command=playbook,
        )
        return Outcome(board.name, State.FAILED, words)
    return Outcome(board.name, State.FAILED if reason else State.OK, reason, answer.stdout)


def _together(boards: Sequence[Board], found: dict[str, Look], left_out: dict[str, Outcome]) -> Chosen:
    chosen = choose.version(found) if found else ""
    for name, facts in found.items():
        if facts.dask != chosen:
            sentence = choose.other_version(name, facts.dask, chosen)
            left_out[name] = Outcome(name, State.FAILED, sentence)
    members = [choose.member(each, found[each.name]) for each in boards if each.name not in left_out]
    return Chosen(members, found, left_out)


def disturbed(members: Sequence[Member]) -> str:
    """Say on which boards the circle finder goes on: nothing on a board is stopped for a sum."""
    names = [each.board.name for each in members if each.agent_runs]
    if not names:
        return lazy("No board looks for circles meanwhile.")
    return lazy(
        "The circle finder goes on on {boards} and takes some time; to stop it: {command}",
        boards=", ".join(names),
        command="invoke agent.stop",
    )
