"""What a rule found: how bad it is, a code for programs, one sentence for a person, and what to do about it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Self

import msgspec

from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.boards.inventory import Board
    from fleet.doctor.facts import Facts
    from fleet.i18n import LazyText


class Level(StrEnum):
    """Whether a board needs a hand, or somebody should only know."""

    FAULT = "fault"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found; the fix is empty where the sentence says it, or where there is nothing to do."""

    level: Level
    code: str
    sentence: str
    fix: str = ""


@dataclass(frozen=True)
class Seen:
    """A board as its rules see it: what the inventory says, what it told, and the country that the teacher is in."""

    board: Board
    facts: Facts
    country: str = ""

    @classmethod
    def of(cls, board: Board, facts: Facts, country: str = "") -> Self:
        """See a board with what the inventory knows better than the board, as the playbooks do."""
        told = {
            name: str(board.variables.get(f"board_{name}") or getattr(facts, name)) for name in ("model", "userland")
        }
        return cls(board, msgspec.structs.replace(facts, **told), country)


def fault(code: str, sentence: str, fix: str = "") -> Finding:
    """Make a finding that somebody must do something about."""
    return Finding(Level.FAULT, code, sentence, fix)


def note(code: str, sentence: str, fix: str = "") -> Finding:
    """Make a finding that somebody should know."""
    return Finding(Level.NOTE, code, sentence, fix)


def typed(command: str) -> LazyText:
    """Say what to type."""
    return lazy("type: {command}", command=command)


def on_board(board: Board, command: str) -> str:
    """Write what to type on the teacher's computer to have root do something on a board, with the keys of the list.

    `raw`, because a board whose disk is full or read-only takes no file of Ansible's.
    """
    return f"ansible {shlex.quote(board.name)} -b -m raw -a {_quoted(command)}"


def _quoted(command: str) -> str:
    """Quote a command for a shell, so that people can still read it where it has quotes itself."""
    return f'"{command}"' if "'" in command and not set('"$`\\!') & set(command) else shlex.quote(command)


def configure(board: Board, *settings: str) -> str:
    """Write what to type to have a board configured."""
    more = "".join(f" -e {shlex.quote(setting)}" for setting in settings)
    return f"ansible-playbook site.yml --limit {shlex.quote(board.name)}{more}"


def again(board: Board) -> str:
    """Write what to type to see whether it is gone."""
    return f"invoke doctor --hosts {shlex.quote(board.name)}"
