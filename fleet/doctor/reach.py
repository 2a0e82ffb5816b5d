"""Why a board could not be looked at: the sentence that every command gives for it, with a code of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.doctor.finding import fault
from fleet.errors import AnswerError, FloodError, LimitError, RefusedError, UnreachableError

if TYPE_CHECKING:
    from fleet.doctor.finding import Finding
    from fleet.errors import RemoteError

CODES: dict[type[RemoteError], str] = {
    UnreachableError: "unreachable",
    RefusedError: "refused",
    LimitError: "too-slow",
    FloodError: "too-much",
    AnswerError: "no-answer",
}


def finding(error: RemoteError) -> Finding:
    """Turn an error into what is wrong with its board."""
    sentence = error.args[0] if error.args else str(error)
    return fault(getattr(sentence, "code", CODES.get(type(error), "failed")), sentence)
