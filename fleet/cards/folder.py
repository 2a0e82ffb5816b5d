"""A folder for each seat, with exactly the files that are to be dragged on the card."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from fleet import files
from fleet.cards import write
from fleet.cards.card import MountedCard
from fleet.errors import CardError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.cards.seat import Seat
    from fleet.cards.system import System


def put(root: Path, seat: Seat, system: System) -> Path:
    """Write the folder of a seat in place of an earlier one, whole or not at all; its path is returned.

    CardError if something that is not ours is in its place, DiskError if the disk does not take it.
    """
    contents = write.files(seat, system)
    folder, fresh = root / seat.name, root / f".{seat.name}.new"
    if folder.exists() and not write.owner_of(MountedCard(folder)):
        raise CardError(
            lazy(
                "{folder} is not of Pilab's making; move it away, or choose another folder with --to.",
                folder=folder,
            )
        )
    files.make_folder(root)
    with files.naming(folder):
        shutil.rmtree(fresh, ignore_errors=True)
        # Host keys and those of networks are in it, which concern nobody else who works on this computer.
        fresh.mkdir(mode=0o700)
        for name, text in contents.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_text(text, encoding="utf-8", newline="\n")
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    return folder
