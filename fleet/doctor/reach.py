"""Why a board could not be looked at: the sentence that every command gives for it, with its code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.boards.cause import code_of
from fleet.doctor.finding import fault
from fleet.errors import AnswerError, FloodError, LimitError, OtherKeyError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from fleet.doctor.finding import Finding
    from fleet.errors import RemoteError

# Of sentences that have no code of their own.
CODES: dict[type[RemoteError], str] = {
    UnreachableError: "unreachable",
    RefusedError: "refused",
    OtherKeyError: "host-key-other",
    LimitError: "too-slow",
    FloodError: "too-much",
    AnswerError: "no-answer",
}


def finding(error: RemoteError) -> Finding:
    """Turn an error into what is wrong with its board."""
    sentence = str(error)
    return fault(code_of(sentence) or CODES.get(type(error), "no-answer"), sentence)
