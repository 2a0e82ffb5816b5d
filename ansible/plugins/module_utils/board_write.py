"""Writes a file on a board in one step; shared by the modules that install and that remember."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible_collections.pilab.classroom.plugins.module_utils import board_tree

ANEW = 0o644  # the mode of a file that replaces none


def write(file: dict[str, str]) -> None:
    """Replace a file in one step, after its bytes have reached the disk."""
    path = Path(file["path"])
    beside = path.with_name(f".{path.name}.new")  # always the same name, so a killed run leaves nothing for good
    for stale in (path, beside):
        if stale.is_dir() and not stale.is_symlink():
            shutil.rmtree(stale)
    with suppress(FileNotFoundError):
        beside.unlink()
    # A file of its own: whoever had left one there could go on writing into it.
    number = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "wb") as stream:
        stream.write(file["content"].encode())
        give_rights(number, file)
        stream.flush()
        os.fsync(number)
    beside.replace(path)


def write_notes(path: Path, notes: dict[str, Any]) -> None:
    """Write down in one step what a later run needs to know; OSError if that cannot be."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    write({"path": str(path), "content": json.dumps(notes, indent=1) + "\n", "mode": "0644"})


def give_rights(number: int, file: dict[str, str]) -> None:
    """Set owner and mode of an open file; without a mode those of the file that it replaces, as far as they go."""
    if file["mode"]:
        os.fchown(number, *board_tree.OWNER)
        os.fchmod(number, int(file["mode"], 8))
        return
    with suppress(OSError):  # FAT has no rights of its own to give
        os.fchmod(number, ANEW)
        before = Path(file["path"]).stat()
        os.fchown(number, before.st_uid, before.st_gid)
        os.fchmod(number, before.st_mode & 0o7777)
