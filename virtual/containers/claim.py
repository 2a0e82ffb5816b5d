"""What a room takes of the computer besides disks: addresses, a network, settings of the kernel; and gives back."""

from __future__ import annotations

import ipaddress
import shutil
from typing import TYPE_CHECKING

from virtual import state
from virtual.containers import boards, network, settings
from virtual.locks import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from virtual.place import Place
    from virtual.state import Room


def take(here: Place, numbers: Sequence[int]) -> Room:
    """Write down what the room will be, and make its network."""
    with _one_room_at_a_time(here):
        room = plan(numbers, network.free_range(network.used_ranges()))
        state.save(here, room)
        settings.change()
        network.up(here.label, ipaddress.IPv4Network(room.network))
    return room


def give_back(here: Place) -> None:
    """Undo `take`, whatever part of it was done; the room is forgotten last."""
    network.down(here.label)
    with _one_room_at_a_time(here):
        shutil.rmtree(here.run)
        if not any(here.run.parent.glob("*/room.json")):
            settings.restore()


def _one_room_at_a_time(here: Place) -> AbstractContextManager[None]:
    """Two rooms that come or go at the same moment must not find the same range free, nor a setting half changed."""
    return one_at_a_time(here.cache / "locks" / ".computer", wait=True)


def plan(numbers: Sequence[int], addresses: ipaddress.IPv4Network) -> Room:
    """The guests of a room by their numbers: names pi01 on, releases in turn, addresses from .101 on."""
    guests = []
    for number in numbers:
        kind = boards.kind_of(number)
        guests.append(state.Guest(f"pi{number:02}", number, kind.release, kind.userland, str(addresses[100 + number])))
    return state.Room(str(addresses), tuple(guests))
