"""Disks that are thrown away: a program of its own deletes them, which takes minutes where freed blocks are trimmed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from virtual.commands import detach

if TYPE_CHECKING:
    from virtual.place import Place

# Whatever else the computer does comes first, and one is deleted after the other.
DELETER = ("ionice", "--class", "3", "nice", "rm", "-rf", "--one-file-system")


def throw(here: Place, folder: Path) -> None:
    """Take a folder away at once, and begin to delete it together with what an earlier deleter left."""
    trash = _trash(here)
    trash.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rename(trash / f"{here.room}-{time.time_ns()}")
    if found := [str(path) for path in trash.iterdir()]:
        lock = str(here.cache / "locks" / ".trash")
        detach("flock", lock, *DELETER, *found, log=Path(os.devnull), environment={})


def wait(here: Place, limit_s: float) -> bool:
    """Whether within the time limit nothing is left of what was thrown away."""
    deadline = time.monotonic() + limit_s
    while _trash(here).exists() and any(_trash(here).iterdir()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _trash(here: Place) -> Path:
    return here.cache / "trash"
