"""How the teacher reaches virtual and emulated Pis: a key for all of them, and host keys that are known beforehand."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from fleet.places import ROOM
from virtual.commands import attempt, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from virtual.place import Place

USER = "teacher"
TRY_LIMIT_S = 60


def key(place: Place) -> Path:
    """The teacher's key to every board of a place."""
    return place.run / "key"


def known_hosts(place: Place) -> Path:
    """The host keys of a place, recorded before its boards boot."""
    return place.run / "known_hosts"


def make_key(place: Place) -> None:
    """Make the teacher's key, for the owner of this room, who types the commands that follow."""
    _generate(key(place), place.label)
    owner = ROOM.stat()
    os.chown(key(place), owner.st_uid, owner.st_gid)


def make_host_key(path: Path, name: str) -> str:
    """Make the host key of a board, and return its line of known_hosts from the second word on."""
    _generate(path, name)
    kind, text, _ = path.with_suffix(".pub").read_text().split()
    return f"{kind} {text}"


def _generate(path: Path, comment: str) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path))


def trust(place: Place, host_keys: dict[str, str]) -> None:
    """Record the host keys of the boards by their addresses."""
    known_hosts(place).write_text("".join(f"{address} {host_key}\n" for address, host_key in host_keys.items()))


def ssh_options(place: Place) -> list[str]:
    """Options of ssh that trust the recorded host keys of a place and nothing else."""
    return trusting(known_hosts(place))


def trusting(known: Path | str, alias: str = "") -> list[str]:
    """Options of ssh that trust the host keys of a file and nothing else; `alias` is what a board is called there."""
    options = (
        f"UserKnownHostsFile={known}",
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "IdentitiesOnly=yes",
        *([f"HostKeyAlias={alias}"] if alias else []),
    )
    return [word for option in options for word in ("-o", option)]


def ssh(place: Place, timeout_s: int) -> list[str]:
    """The words with which ssh reaches any board of a place as the teacher would; where to is still to be said."""
    return unasked(timeout_s, key(place), ssh_options(place))


def unasked(timeout_s: int, private: Path | str, options: list[str]) -> list[str]:
    """The words with which ssh logs in by a key or not at all; where to is still to be said."""
    return [
        "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={timeout_s}", *options, "-i", str(private),
    ]  # fmt: skip


def wait_for(words: list[str], see: Callable[[float], None], pause_s: float) -> None:
    """Try until a board answers; in between, `see` hears after how many seconds, and gives up by raising."""
    began_s = time.monotonic()
    while not attempt(*words, timeout_s=TRY_LIMIT_S):
        see(time.monotonic() - began_s)
        time.sleep(pause_s)
