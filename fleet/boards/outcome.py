"""What became of one board: a row that every command gives for every board it was asked about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fleet.boards.cause import code_of
from fleet.errors import LimitError, OtherKeyError, RefusedError, RemoteError, UnreachableError


class State(StrEnum):
    """How it ended."""

    OK = "ok"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    STOPPED = "stopped"


STATE_OF = {
    UnreachableError: State.UNREACHABLE,
    RefusedError: State.REFUSED,
    OtherKeyError: State.REFUSED,
    LimitError: State.TIMED_OUT,
}


@dataclass(frozen=True)
class Outcome:
    """How it ended for one board: in a word and, unless all is well, a sentence.

    `detail` is what the command gave for this board, `records` the name of the file that holds its records.
    """

    board: str
    state: State
    sentence: str = ""
    detail: str = ""
    records: str = ""

    @property
    def is_ok(self) -> bool:
        """Tell whether all is well."""
        return self.state is State.OK

    @property
    def code(self) -> str:
        """What is wrong, as docs/doctor.md explains it; nothing where the sentence has no such code."""
        return code_of(self.sentence)


def of_error(board: str, error: RemoteError) -> Outcome:
    """Turn an error into the row of its board."""
    return Outcome(board, STATE_OF.get(type(error), State.FAILED), str(error))
