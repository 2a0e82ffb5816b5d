"""Where virtual and emulated Pis live on this computer, and what their things are called."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from fleet.i18n import lazy
from fleet.places import ROOM
from virtual.errors import RehearsalError

PROJECT = Path(__file__).resolve().parent.parent
# An interface's name has at most 15 characters (IFNAMSIZ of linux/if.h, less its end mark), and "pilab-" takes six.
NAME_PATTERN = re.compile(r"[a-z0-9]{1,9}")


@dataclass(frozen=True)
class Place:
    """The names and folders of one room, or of an emulated Pi; everything that it makes carries its name."""

    room: str
    run: Path
    cache: Path

    @property
    def label(self) -> str:
        """The name of the bridge, the firewall table and the control group."""
        return f"pilab-{self.room}"

    @property
    def state(self) -> Path:
        """The file that says what is up."""
        return self.run / "room.json"

    @property
    def ready(self) -> Path:
        """The mark that it came up whole."""
        return self.run / "ready"

    @property
    def lock(self) -> Path:
        """Held by the command that is changing it."""
        return self.cache / "locks" / self.room

    @property
    def guests(self) -> Path:
        """The disks of the guests: too large for /run, which is memory on most systems."""
        return self.cache / "rooms" / self.room


def here() -> Place:
    """The virtual Pis of this room, or those that PILAB_ROOM names; RehearsalError if that name is of no use."""
    room = os.environ.get("PILAB_ROOM") or room_of(ROOM)
    if not NAME_PATTERN.fullmatch(room):
        raise RehearsalError(lazy("PILAB_ROOM is {room!r}: give it 1 to 9 small letters and digits.", room=room))
    return Place(room, Path("/run/pilab") / room, Path(os.environ.get("PILAB_CACHE", "/var/cache/pilab")))


def emulation() -> Place:
    """The emulated Pi of this checkout; apart from its room of virtual Pis, so that each can come and go alone."""
    room = here()
    return Place(room.room, Path("/run/pilab-emulation") / room.room, room.cache / "emulation")


def share(folder: Path) -> Path:
    """Let everybody read a folder that mkdtemp made for its owner alone; a guest's users see it too."""
    folder.chmod(0o755)
    return folder


def room_of(project: Path) -> str:
    """A short name that no other folder on this computer has."""
    return hashlib.sha256(str(project).encode()).hexdigest()[:6]
