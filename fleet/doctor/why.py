"""What is behind the failures of a command, as the doctor finds it: in their own words, or by a look at the boards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.boards.outcome import State
from fleet.doctor.examine import examine
from fleet.doctor.finding import WORDS, Level, of_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.boards.inventory import Board
    from fleet.boards.outcome import Outcome
    from fleet.doctor.examine import Examined
    from fleet.doctor.finding import Finding

# Of a board that does not answer by then, nothing more is said: a Pi Zero takes ten seconds, others one or two, and
# that one is off is known after eight.
LIMIT_S = 15.0
# What says that something went wrong and not why. Who was refused, flooded us or talked nonsense is not asked again.
VAGUE = frozenset({"", "lost", "too-slow", "service-failed"})
# A person's Ctrl-C has no other cause.
LOOKED_AT = frozenset({State.FAILED, State.TIMED_OUT, State.UNREACHABLE})
# Devices that sleep lose connections, and nothing else.
LOST, ASLEEP = "lost", "wifi-asleep"


@dataclass(frozen=True)
class Asked:
    """What a command was about: its kind, of those in plugin_utils/findings.py, and how its boards are asked."""

    kind: str
    boards: Sequence[Board]
    sudo_password: str = ""


def behind(outcomes: Sequence[Outcome], asked: Asked) -> dict[str, list[Finding]]:
    """Look at the boards whose sentence does not say why they failed, all at once; return what can be behind it."""
    vague = {each.board: each for each in outcomes if each.state in LOOKED_AT and each.code in VAGUE}
    boards = [board for board in asked.boards if board.name in vague]
    seen = examine(boards, asked.sudo_password, limit_s=LIMIT_S) if boards else []
    return {each.board.name: _reasons(each, vague[each.board.name].code, asked.kind) for each in seen}


def said_by(outcome: Outcome) -> list[Finding]:
    """Return what the sentence of a board says itself, if the doctor knows that."""
    return [of_sentence(outcome.sentence)] if outcome.code else []


def _reasons(examined: Examined, code: str, kind: str) -> list[Finding]:
    """Leave out what a board may have besides, and what its sentence has said already."""
    return [
        each
        for each in examined.findings
        if each.level is Level.FAULT
        and each.code != code
        and (WORDS.is_behind(each.code, kind) or (code, each.code) == (LOST, ASLEEP))
    ]
