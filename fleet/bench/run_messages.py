"""What went wrong in a run on a board, in a sentence with the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fleet.boards.inventory import Board


def no_record(board: Board, number: int) -> str:
    """Say that a board sent something else than records."""
    return f"{board.name} sent something that is no record, as line {number} of its run; what came before it is kept."


def too_many_records(board: Board, most: int) -> str:
    """Say that a run has more records than its plan can lead to."""
    return f"{board.name} sent more than the {most} records that its run can have; what came before is kept."


def endless_run(board: Board, limit_s: float) -> str:
    """Say that a run took longer than its plan can take."""
    return f"{board.name} went on for more than the {limit_s:.0f} s that its run can take; what it recorded is kept."


def gone(board: Board, limit_s: float) -> str:
    """Say that a board did not come back."""
    return (
        f"Lost {board.name} for {limit_s:g} s; its run ends by itself. When it is on again: invoke bench --again failed"
    )


def rebooted(board: Board, samples: int) -> str:
    """Say that a board restarted in the middle of a run."""
    return (
        f"{board.name} restarted in the middle of the run; samples kept: {samples}. Is its power supply strong "
        "enough? Run it again."
    )


def stopped(board: Board, samples: int) -> str:
    """Say that a run was ended early."""
    return f"{board.name} was stopped; samples kept: {samples}."


def silent_run(board: Board, samples: int) -> str:
    """Say that a run got stuck and was ended."""
    return f"{board.name} recorded nothing for so long that it was stopped; samples kept: {samples}."


def does_not_stop(board: Board) -> str:
    """Say that a run cannot be ended."""
    return f"{board.name} was told to stop its run and does not; restart the board, which puts it back as it was."


def partly_failed(board: Board, failures: list[str]) -> str:
    """Say what a board could not measure."""
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    return f"{board.name}: {failures[0]}{more}"
