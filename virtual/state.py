"""What is up, written down before it is made, so that it can always be taken down and booted again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

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
    """The network of a room of virtual Pis, and its guests."""

    network: str
    guests: tuple[Guest, ...]


@dataclass(frozen=True)
class Card:
    """A card that somebody prepared: its image, the numbers of its partitions, and how its board is logged in to.

    The FAT partition begins at byte `boot_start`; `alias` is what the board is called in `known_hosts`.
    """

    image: str
    boot: int
    boot_start: int
    boot_size: int
    root: int
    user: str
    key: str
    known_hosts: str
    alias: str


@dataclass(frozen=True)
class EmulatedPi:
    """An emulated Pi: its machine, the port of this computer that leads to its sshd, and the folder of its kernel.

    Without a card of somebody's, it has the one that is in that folder.
    """

    machine: str
    port: int
    image: str
    name: str = "emu01"
    address: str = "127.0.0.1"
    card: Card | None = None


def save(place: Place, what: Room | EmulatedPi) -> None:
    """Write it down whole or not at all."""
    place.run.mkdir(parents=True, exist_ok=True)
    unfinished = place.state.with_suffix(".new")
    unfinished.write_text(json.dumps(asdict(what), indent=1))
    unfinished.replace(place.state)


def load_room(place: Place) -> Room | None:
    """The room as it was written down; None when there is none."""
    words = _load(place)
    return Room(words["network"], tuple(Guest(**guest) for guest in words["guests"])) if words else None


def load_emulated(place: Place) -> EmulatedPi | None:
    """The emulated Pi as it was written down; None when there is none."""
    words = _load(place)
    card = Card(**words["card"]) if words.get("card") else None
    return EmulatedPi(**{**words, "card": card}) if words else None


def _load(place: Place) -> dict[str, Any]:
    try:
        return dict(json.loads(place.state.read_text()))
    except FileNotFoundError:
        return {}
