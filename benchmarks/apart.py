"""A room of virtual Pis for one benchmark: the boards of the checkout may be in use."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from virtual import locks, place
from virtual.containers import room
from virtual.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def room_of_its_own(letter: str, say: Callable[[str], None]) -> Iterator[None]:
    """Name a room for this benchmark, and take it down at the end; SystemExit with a sentence if it cannot be had.

    The same benchmark may run only once at a time in a checkout: a second one would take the room from the first.
    """
    os.environ["PILAB_ROOM"] = f"{letter}{place.room_of(place.PROJECT)}"
    try:
        with locks.one_at_a_time(place.PROJECT / "build" / f"room-{letter}.lock"):
            try:
                yield
            finally:
                if os.geteuid() == 0:  # nobody else can have booted anything
                    room.down(say)
    except RehearsalError as error:
        raise SystemExit(str(error)) from None
