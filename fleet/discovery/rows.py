"""What became of each board of a list, by the keys that were seen: here, moved, copied, new, not found."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.discovery.networks import order
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Spot = tuple[str, int]

# What avahi adds to a name that somebody else has already (avahi_alternative_host_name).
ALTERNATIVE = re.compile(r"-[0-9]{1,4}\Z")


class Found(StrEnum):
    """How a board was found."""

    HERE = "here"
    MOVED = "moved"
    COPIED = "copied"
    UNCONFIRMED = "unconfirmed"
    NOT_FOUND = "not-found"
    NEW = "new"


@dataclass(frozen=True)
class Expected:
    """A board of the list: its address as written, the spots that it leads to, and the keys that it is known by."""

    name: str
    address: str
    spots: tuple[Spot, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Sighting:
    """A key that somebody at a spot signed with, and what was announced from there."""

    spot: Spot
    key: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """What is told of one board, or of somebody new, whose name is empty."""

    name: str
    state: Found
    address: str
    sentence: str
    was: str = ""


def match(expected: Sequence[Expected], sightings: Sequence[Sighting]) -> list[Row]:
    """Return a row for every board, in the order of the list, and then one for everybody new."""
    ordered = sorted(sightings, key=lambda each: (order(each.spot[0]), each.spot[1]))
    rows = [_row(board, expected, ordered) for board in expected]
    return [*rows, *(_new(spots, rows) for spots in _strangers(expected, ordered, rows).values())]


def _strangers(
    expected: Sequence[Expected], sightings: Sequence[Sighting], rows: Sequence[Row]
) -> dict[str, list[Sighting]]:
    """Return by their keys who has the key of no board, and is not told of in the row of one."""
    told = _addresses_told(expected, rows)
    owned = {key for board in expected for key in board.keys}
    found: dict[str, list[Sighting]] = {}
    for each in sightings:
        if each.key not in owned and each.spot[0] not in told:
            found.setdefault(each.key, []).append(each)
    return found


def _addresses_told(expected: Sequence[Expected], rows: Sequence[Row]) -> set[str]:
    """Return the addresses of which the row of a board says already who is there."""
    told = {row.address for row in rows if row.state is Found.UNCONFIRMED}
    missing = {row.name for row in rows if row.state is Found.NOT_FOUND}
    return told | {address for board in expected if board.name in missing for address, _ in board.spots}


def _row(board: Expected, expected: Sequence[Expected], sightings: Sequence[Sighting]) -> Row:
    others = [each for each in expected if each.name != board.name]
    if twins := _twins(board, others):
        return Row(board.name, Found.COPIED, board.address, lazy(
            "has the same key as {twins}: copies of one card; write one of them anew", twins=twins
        ))  # fmt: skip
    seen = [each for each in sightings if each.key in board.keys]
    if len(seen) > 1 and not _is_one(seen):
        return Row(board.name, Found.COPIED, _first(board, seen).spot[0], _copies(seen, others))
    return _seen(board, seen) if seen else _unseen(board, expected, sightings)


def _twins(board: Expected, others: Sequence[Expected]) -> str:
    """Name the boards of the list that have the same key."""
    return ", ".join(each.name for each in others if set(each.keys) & set(board.keys))


def _seen(board: Expected, seen: Sequence[Sighting]) -> Row:
    """Tell of a board that is in the network once."""
    there = _first(board, seen)
    if there.spot in board.spots:
        others = _listed(each for each in seen if each is not there)
        return Row(
            board.name, Found.HERE, there.spot[0], lazy("also at {addresses}", addresses=others) if others else ""
        )
    if board.spots:
        return Row(
            board.name, Found.MOVED, there.spot[0], lazy("moved from {address}", address=board.address), board.address
        )
    return Row(board.name, Found.MOVED, there.spot[0], lazy(
        "found there; this computer finds no address of {address}", address=board.address
    ), board.address)  # fmt: skip


def _first(board: Expected, seen: Sequence[Sighting]) -> Sighting:
    """Return where a board was seen: at its own address rather than elsewhere."""
    return next((each for each in seen if each.spot in board.spots), seen[0])


def _copies(seen: Sequence[Sighting], others: Sequence[Expected]) -> str:
    """Tell of a key at several addresses; of a board that does not say its name, there may be only one."""
    taken = {spot for each in others for spot in each.spots}
    if all(each.names for each in seen) or any(each.spot in taken for each in seen):
        return lazy(
            "its key answers at {addresses}: copies of one card; write one of them anew", addresses=_listed(seen)
        )
    return lazy(
        "its key answers at {addresses}: copies of one card, of which one must be written anew, or one board with a "
        "cable and Wi-Fi", addresses=_listed(seen),
    )  # fmt: skip


def _is_one(seen: Sequence[Sighting]) -> bool:
    """Tell whether all that was seen is one board with several addresses: it calls itself the same at all of them."""
    shared = set(seen[0].names).intersection(*(each.names for each in seen[1:]))
    return bool(shared)


def _listed(seen: Iterable[Sighting]) -> str:
    return ", ".join(each.spot[0] for each in seen)


def _unseen(board: Expected, expected: Sequence[Expected], sightings: Sequence[Sighting]) -> Row:
    """Tell of a board whose key nobody has, or whose key is not known."""
    there = next((each for each in sightings if each.spot in board.spots), None)
    owners = [each.name for each in expected if there and there.key in each.keys]
    if owners:
        return Row(board.name, Found.NOT_FOUND, "", lazy(
            "not found; the card of {owner}, or a copy of it, is at its address {address}",
            owner=owners[0], address=board.address,
        ))  # fmt: skip
    if board.keys:
        return Row(board.name, Found.NOT_FOUND, "", _stranger(board, there))
    return _unconfirmed(board, there or _called(board.name, expected, sightings))


def _called(name: str, expected: Sequence[Expected], sightings: Sequence[Sighting]) -> Sighting | None:
    """Return who calls itself as a board does, and is no other one of the list."""
    owned = {key for each in expected for key in each.keys}
    return next((each for each in sightings if name in each.names and each.key not in owned), None)


def _unconfirmed(board: Expected, there: Sighting | None) -> Row:
    if there is None:
        return Row(board.name, Found.NOT_FOUND, "", lazy("not found"))
    return Row(board.name, Found.UNCONFIRMED, there.spot[0], lazy(
        "its key is not known yet; type: invoke enrol {name} {address}", name=board.name, address=there.spot[0]
    ))  # fmt: skip


def _stranger(board: Expected, there: Sighting | None) -> str:
    if there is None:
        return lazy("not found")
    return lazy(
        "not found; at its address {address} is another computer, or its card was written anew: then type "
        "invoke enrol {name} {address} --again", name=board.name, address=there.spot[0],
    )  # fmt: skip


def _new(seen: Sequence[Sighting], rows: Sequence[Row]) -> Row:
    """Tell of somebody whose key no board has."""
    first = seen[0]
    called = next(iter(first.names), "")
    if len(seen) > 1 and not _is_one(seen):
        return Row("", Found.NEW, first.spot[0], lazy(
            "one key at {addresses}: copies of one card, of which one must be written anew", addresses=_listed(seen)
        ))  # fmt: skip
    enrol = f"invoke enrol {_free_name(first, rows)} {first.spot[0]}"
    if not called:
        return Row("", Found.NEW, first.spot[0], lazy("does not say its name; {enrol}", enrol=enrol))
    return Row("", Found.NEW, first.spot[0], lazy("calls itself {name}; {enrol}", name=called, enrol=enrol))


def _free_name(seen: Sighting, rows: Sequence[Row]) -> str:
    """Return the board of the list that somebody new may be: one of its own name that was not found."""
    missing = {row.name for row in rows if row.state is Found.NOT_FOUND}
    called = [each for name in seen.names for each in (name, ALTERNATIVE.sub("", name))]
    return next((name for name in called if name in missing), "NAME")
