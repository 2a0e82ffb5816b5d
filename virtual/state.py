"""What a room is made of, written down before it is made, so that it can always be taken down."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from virtual.place import Place


@dataclass(frozen=True)
class Guest:
    """One virtual Pi: its name in the inventory, its number (from 1), its release and its address."""

    name: str
    number: int
    release: str
    userland: str
    address: str


@dataclass(frozen=True)
class Room:
    """The network of a room and its guests."""

    network: str
    guests: tuple[Guest, ...]


def save(place: Place, room: Room) -> None:
    """Write the room down whole or not at all."""
    place.run.mkdir(parents=True, exist_ok=True)
    unfinished = place.state.with_suffix(".new")
    unfinished.write_text(json.dumps(asdict(room), indent=1))
    unfinished.replace(place.state)


def load(place: Place) -> Room | None:
    """The room as it was written down; None when there is none."""
    try:
        words = json.loads(place.state.read_text())
    except FileNotFoundError:
        return None
    return Room(words["network"], tuple(Guest(**guest) for guest in words["guests"]))
