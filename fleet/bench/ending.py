"""How a run ended on one board, read from its records and from what happened on the way; pure."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING

from fleet.bench import run_messages
from fleet.boards import messages
from fleet.boards.outcome import Outcome, State

if TYPE_CHECKING:
    from fleet.analysis.records import Records
    from fleet.boards.inventory import Board

FAILURES = ("failed", "skipped")


class EndReason(Enum):
    """What made the run end."""

    BY_ITSELF = auto()
    STOPPED = auto()
    LATE = auto()
    REBOOTED = auto()


def ending(board: Board, records: Records, reason: EndReason, stderr: str) -> Outcome:
    """Say how it ended; ok only if everything that was asked for has been measured."""
    if reason is EndReason.REBOOTED:
        return Outcome(board.name, State.FAILED, run_messages.rebooted(board, len(records.samples)))
    if reason is EndReason.STOPPED and records.board is None:  # it had not come to its first record
        return Outcome(board.name, State.STOPPED, run_messages.stopped(board, 0))
    if flaw := _flaw(board, records, stderr):
        return Outcome(board.name, State.FAILED, flaw)
    if reason is EndReason.LATE:
        return Outcome(board.name, State.TIMED_OUT, run_messages.silent_run(board, len(records.samples)))
    if records.end and records.end.status == "stopped":
        return Outcome(board.name, State.STOPPED, run_messages.stopped(board, len(records.samples)))
    return _complete(board, records)


def _flaw(board: Board, records: Records, stderr: str) -> str:
    """Say why it is not the whole of a run: the board's own words where it has any; nothing if it is."""
    return records.flaw if records.end else messages.board_failure(board, stderr or records.flaw, 0)


def _complete(board: Board, records: Records) -> Outcome:
    failures = [event.message for event in records.events if event.what in FAILURES]
    if failures:
        return Outcome(board.name, State.FAILED, run_messages.partly_failed(board, failures))
    return Outcome(board.name, State.OK)
