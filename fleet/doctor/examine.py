"""Looks at all boards at once, each by one program over ssh, as root where it may be, and applies the rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fleet.boards.outcome import Outcome, State
from fleet.boards.pool import on_all
from fleet.boards.ssh import OPEN_LIMIT_S, Link
from fleet.doctor import answer, reach
from fleet.doctor.facts import MOST_BYTES, read
from fleet.doctor.finding import Level, Seen, fault
from fleet.doctor.program import command, program
from fleet.doctor.rules import diagnose
from fleet.doctor.rules.room import diagnose_room
from fleet.errors import RemoteError
from fleet.gate import MisfitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.boards.inventory import Board
    from fleet.boards.stream import CommandResult
    from fleet.doctor.facts import Facts
    from fleet.doctor.finding import Finding

# A Pi Zero takes ten seconds; each program that is asked on the board has a limit of its own below this.
LOOK_LIMIT_S = 60.0


@dataclass(frozen=True)
class Examined:
    """A board, what it told, and what was found; no facts if it could not be looked at."""

    board: Board
    facts: Facts | None
    findings: tuple[Finding, ...]

    @property
    def is_fine(self) -> bool:
        """Tell whether nothing is wrong with it; what is only to be known does not count."""
        return not any(each.level is Level.FAULT for each in self.findings)


def examine(
    boards: Sequence[Board],
    sudo_password: str = "",
    country: str = "",
    limit_s: float = LOOK_LIMIT_S + OPEN_LIMIT_S,
) -> list[Examined]:
    """Look at boards and return a row for each, in the order of the inventory, whatever happens to any of them."""
    told: dict[str, Examined] = {}
    task = partial(_keep, told=told, sudo_password=sudo_password, country=country)
    outcomes = on_all(boards, task, limit_s)
    return [
        told.get(board.name) or Examined(board, None, (fault("not-told", outcome.sentence),))
        for board, outcome in zip(boards, outcomes, strict=True)
    ]


def together(examined: Sequence[Examined]) -> list[tuple[list[str], Finding]]:
    """Return what is wrong with several boards together, with their names."""
    return list(diagnose_room([Seen(each.board, each.facts) for each in examined if each.facts]))


def _keep(board: Board, told: dict[str, Examined], sudo_password: str, country: str) -> Outcome:
    told[board.name] = _examined(board, sudo_password, country)
    return Outcome(board.name, State.OK)


def _examined(board: Board, sudo_password: str, country: str) -> Examined:
    try:
        said, closed = _ask(board, sudo_password)
    except RemoteError as error:
        return Examined(board, None, (reach.finding(error),))
    first = (closed,) if closed else ()
    if said.status:
        return Examined(board, None, (*first, answer.no_answer(board, said)))
    try:
        facts = read(said.stdout)
    except MisfitError as error:
        return Examined(board, None, (*first, answer.misfit(board, error)))
    return Examined(board, facts, (*first, *diagnose(Seen.of(board, facts, country))))


def _ask(board: Board, sudo_password: str) -> tuple[CommandResult, Finding | None]:
    """Have a board look at itself, as root if it lets us; and say why it does not.

    The program is made once the board is there: it compares the board's clock with the moment when it was made.
    """
    python = command(board)
    with Link(board, sudo_password) as link:
        said = link.sudo(python, program(), LOOK_LIMIT_S, MOST_BYTES)
        closed = answer.root_is_closed(board, said) if said.status else None
        if closed:
            said = link.run(python, program(), LOOK_LIMIT_S, MOST_BYTES)
    return said, closed
