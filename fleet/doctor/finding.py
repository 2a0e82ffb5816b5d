"""What a rule found: how bad it is, a code for programs, one sentence for a person, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

import msgspec

from fleet.boards.cause import code_of
from fleet.i18n import lazy
from fleet.plugins import plugin

if TYPE_CHECKING:
    from fleet.boards.inventory import Board
    from fleet.doctor.facts import Facts
    from fleet.i18n import LazyText


WORDS: Any = plugin("plugin_utils", "findings")


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


def of_sentence(sentence: str) -> Finding:
    """Make a finding of a sentence of another command, which knows its code."""
    return fault(code_of(sentence), sentence)


def typed(command: str) -> LazyText:
    """Say what to type."""
    return lazy(WORDS.TYPED, command=command)


def on_board(board: Board, command: str) -> str:
    """Write what to type on the teacher's computer to have root do something on a board."""
    return str(WORDS.on_board(board.name, command))


def configure(board: Board, *settings: str) -> str:
    """Write what to type to have a board configured."""
    return str(WORDS.configure(board.name, *settings))


def again(board: Board) -> str:
    """Write what to type to see whether it is gone."""
    return str(WORDS.again(board.name))


def mends(code: str, board: Board) -> LazyText:
    """Say how a finding is mended that the playbooks find as well, in the same words."""
    template, command = WORDS.fix(code, board.name)
    return lazy(template, command=command)
