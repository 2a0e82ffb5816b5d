"""The service on the boards that looks for circles: whether it runs, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet import sentences
from fleet.crew import on_all
from fleet.outcome import Outcome, State
from fleet.remote import Link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.inventory import Board

SHOW = "systemctl show pilab-agent.service --property=LoadState,ActiveState,StatusText"
LIMIT_S = 30.0
# How the agent begins to say that it has no picture.
BLIND = "Sees nothing"


def status(boards: Sequence[Board]) -> list[Outcome]:
    """Ask every board how its service is."""
    return on_all(boards, _status, LIMIT_S)


def _status(board: Board) -> Outcome:
    with Link(board) as link:
        return understand(board, link.run(SHOW).stdout)


def understand(board: Board, shown: str) -> Outcome:
    """Read what systemd says about the service."""
    facts = dict(line.partition("=")[::2] for line in shown.splitlines())
    if facts.get("LoadState") != "loaded":
        return Outcome(board.name, State.FAILED, sentences.not_provisioned(board))
    if facts.get("ActiveState") != "active":
        state = facts.get("ActiveState")
        sentence = f"The service of {board.name} is {state}; see why: journalctl --unit pilab-agent, on {board.name}."
        return Outcome(board.name, State.FAILED, sentence)
    if facts.get("StatusText", "").startswith(BLIND):
        return Outcome(board.name, State.FAILED, f"{board.name}: {facts['StatusText']}")
    return Outcome(board.name, State.OK, said=facts.get("StatusText", ""))
