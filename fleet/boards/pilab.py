"""The command `pilab` of the boards: where it is, doing something as root, and why a board did not do it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from fleet.boards import messages
from fleet.boards.agent_words import known
from fleet.boards.outcome import Outcome, State
from fleet.boards.pool import on_all
from fleet.boards.ssh import OPEN_LIMIT_S, Link
from fleet.boards.sudo import is_wrong_password, wants_password

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.boards.inventory import Board

PILAB = "/opt/pilab/bin/pilab"
# Of what is asked here, systemd and the agent need a fraction of a second; a board that swaps needs many.
LIMIT_S = 30.0
# A few lines.
ANSWER_BYTES = 64 * 2**10


def as_root(
    boards: Sequence[Board],
    command: str,
    sudo_password: str = "",
    limit_s: float = LIMIT_S,
    most_bytes: int = ANSWER_BYTES,
) -> list[Outcome]:
    """Have every board do something as root; what it prints comes with its outcome."""
    task = partial(_as_root, command=command, sudo_password=sudo_password, limit_s=limit_s, most_bytes=most_bytes)
    return on_all(boards, task, limit_s + OPEN_LIMIT_S)


def _as_root(board: Board, command: str, sudo_password: str, limit_s: float, most_bytes: int) -> Outcome:
    with Link(board, sudo_password) as link:
        answer = link.sudo(command, limit_s=limit_s, most_bytes=most_bytes)
    if answer.status:
        return Outcome(board.name, State.FAILED, refusal(board, answer.stderr, answer.status))
    return Outcome(board.name, State.OK, detail=known(answer.stdout.strip()))


def refusal(board: Board, stderr: str, status: int) -> str:
    """Say why a board did not do what it was asked for."""
    if is_wrong_password(stderr):
        return messages.wrong_password(board)
    if wants_password(stderr):
        return messages.wants_password(board)
    if "not found" in stderr:
        return messages.not_provisioned(board)
    return messages.board_failure(board, stderr, status)
