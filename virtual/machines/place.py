"""Where the emulated Pi of a checkout lives on this computer."""

from __future__ import annotations

from pathlib import Path

from virtual import place
from virtual.place import Place

RUN = Path("/run/pilab-emulation")


def here() -> Place:
    """The emulated Pi of this checkout; apart from its room of virtual Pis, so that each can come and go alone."""
    room = place.here()
    return Place(room.room, RUN / room.room, room.cache / "emulation")


def monitor(here: Place) -> Path:
    """The socket through which QEMU is asked."""
    return here.run / "monitor"


def console(here: Place) -> Path:
    """What the guest's serial line said."""
    return here.guests / "console.log"


def disk(here: Place) -> Path:
    """The guest's own disk: what differs from the image."""
    return here.guests / "disk.qcow2"
