"""What an emulated Pi is, written down before it boots, so that it can always be taken down and booted again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtual.place import Place

NAME = "emu01"
USER = "teacher"
ADDRESS = "127.0.0.1"


@dataclass(frozen=True)
class Board:
    """The emulated Pi: its machine, the port of this computer that leads to its sshd, and its image."""

    machine: str
    port: int
    image: str
    name: str = NAME


def save(place: Place, board: Board) -> None:
    """Write it down whole or not at all."""
    place.run.mkdir(parents=True, exist_ok=True)
    unfinished = place.state.with_suffix(".new")
    unfinished.write_text(json.dumps(asdict(board)))
    unfinished.replace(place.state)


def load(place: Place) -> Board | None:
    """The board as it was written down; None when there is none."""
    try:
        return Board(**json.loads(place.state.read_text()))
    except FileNotFoundError:
        return None
