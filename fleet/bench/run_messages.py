"""What went wrong in a run on a board, in a sentence with the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.boards.inventory import Board


def no_record(board: Board, number: int) -> str:
    """Say that a board sent something else than records."""
    return lazy(
        "{board} sent something that is no record, as line {number} of its run; what came before it is kept.",
        board=board.name,
        number=number,
    )


def too_many_records(board: Board, most: int) -> str:
    """Say that a run has more records than its plan can lead to."""
    return lazy(
        "{board} sent more than the {most} records that its run can have; what came before is kept.",
        board=board.name,
        most=most,
    )


def endless_run(board: Board, limit_s: float) -> str:
    """Say that a run took longer than its plan can take."""
    return lazy(
        "{board} went on for more than the {limit_s:.0f} s that its run can take; what it recorded is kept.",
        board=board.name,
        limit_s=limit_s,
    )


def gone(board: Board, limit_s: float) -> str:
    """Say that a board did not come back."""
    return lazy(
        "Lost {board} for {limit_s:g} s; its run ends by itself. When it is on again: invoke bench --again failed",
        board=board.name,
        limit_s=limit_s,
    )


def rebooted(board: Board, samples: int) -> str:
    """Say that a board restarted in the middle of a run."""
    return lazy(
        "{board} restarted in the middle of the run; samples kept: {samples}. Is its power supply strong "
        "enough? Run it again.",
        board=board.name,
        samples=samples,
    )


def stopped(board: Board, samples: int) -> str:
    """Say that a run was ended early."""
    return lazy("{board} was stopped; samples kept: {samples}.", board=board.name, samples=samples)


def silent_run(board: Board, samples: int) -> str:
    """Say that a run got stuck and was ended."""
    return lazy(
        "{board} recorded nothing for so long that it was stopped; samples kept: {samples}.",
        board=board.name,
        samples=samples,
    )


def does_not_stop(board: Board) -> str:
    """Say that a run cannot be ended."""
    return lazy(
        "{board} was told to stop its run and does not; restart the board, which puts it back as it was.",
        board=board.name,
    )


def partly_failed(board: Board, failures: list[str]) -> str:
    """Say what a board could not measure."""
    more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
    return f"{board.name}: {failures[0]}{more}"
