"""A list of boards as a teacher would write one, of virtual Pis: their keys lie beside it, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.boards.known_keys import KnownKeys
from virtual import reach

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rehearsal.conftest import Lab


def host_key(lab: Lab, name: str) -> str:
    """The host key of a board, as it was recorded before it booted."""
    lines = (line.split() for line in reach.known_hosts(lab.place).read_text().splitlines())
    return next(f"{kind} {text}" for address, kind, text in lines if address == lab.address_of(name))


def written(lab: Lab, folder: Path, **addresses: str) -> Path:
    """Write the list; boards are where they are, unless it says otherwise."""
    lines = [
        f"{guest.name} ansible_host={addresses.get(guest.name, guest.address)}  # the seat of {guest.name}\n"
        for guest in lab.room.guests
    ]
    variables = f"ansible_user={reach.USER}\nansible_ssh_private_key_file={reach.key(lab.place)}\n"
    path = folder / "inventory.ini"
    path.write_text(f"# Our room\n[lab]\n{''.join(lines)}\n[lab:vars]\n{variables}")
    for guest in lab.room.guests:
        KnownKeys(folder / "known_hosts").put(guest.name, host_key(lab, guest.name))
    return path
