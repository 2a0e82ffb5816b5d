"""Where Pilab's own files are, and where those of the room are; in a checkout both are one folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path

CODE = Path(__file__).resolve().parents[1]
IS_CHECKOUT = (CODE / "pyproject.toml").exists()
# Installed, the collection is where every Ansible of the same Python finds it.
COLLECTION = CODE / "ansible" if IS_CHECKOUT else CODE.parents[1] / "ansible_collections/pilab/classroom"
SETTINGS = "ansible.cfg"
# What stands in the settings of a room, and in those of no other project.
MARK = "pilab.classroom"


def room(start: Path) -> Path:
    """Return the room that somebody stands in or below; without one the checkout, or where they stand."""
    above = next((folder for folder in (start, *start.parents) if is_room(folder)), None)
    return above or (CODE if IS_CHECKOUT else start)


def is_room(folder: Path) -> bool:
    """Tell whether a folder is a room: Ansible's settings there are Pilab's, and not left there by just anybody."""
    try:
        found = folder.stat()
        text = (folder / SETTINGS).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    # Below /mnt/c of WSL everybody may write into every folder, but all of it belongs to whoever sits there.
    is_anybodys = bool(found.st_mode & stat.S_IWOTH) and found.st_uid != os.geteuid()
    return MARK in text and (not is_anybodys or folder == CODE)


def _here() -> Path:
    """Return where the command was typed; the code, if that folder is gone."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return CODE


ROOM = room(_here())
