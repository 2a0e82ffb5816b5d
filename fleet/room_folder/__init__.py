"""The folder of a room: its list of boards, its settings, and what makes Ansible and invoke find Pilab from there.

`files` has what is laid there; the settings of Ansible are those of the checkout, with other paths.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fleet import files
from fleet.errors import PlanError
from fleet.i18n import lazy
from fleet.places import CODE, IS_CHECKOUT, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = Path(__file__).with_name("files")
# Written once, then the teacher's own.
OWN = ("inventory.ini", "group_vars/all.yml")
# Pilab's, which know where it is.
OURS = (SETTINGS, "site.yml", "restore.yml", "tasks.py", ".gitignore")
BACKUP = ".bak"
COLLECTIONS = "~/.ansible/collections:/usr/share/ansible/collections"
# What separates or begins something else where Ansible reads a path.
UNREADABLE = frozenset(',:%;#"\\{}\n')


def lay(folder: Path, *, again: bool) -> list[Path]:
    """Lay a room and return what was written; what is there stays, but for Pilab's own files if `again`.

    Those are kept beside the new ones. PlanError if there is one that would be lost, or if Ansible could not read where
    Pilab is; DiskError if the folder cannot be written.
    """
    wanted = {name: _text(name) for name in (*OWN, *OURS)}
    absent = [name for name in wanted if not _there(folder / name)]
    others = _others(folder, wanted)
    if others and not again:
        raise PlanError(_in_the_way(folder, others))
    for name in others:
        _keep(folder / name)
    for name in (*absent, *others):
        files.make_folder((folder / name).parent)
        files.write_whole(folder / name, wanted[name])
    return [folder / name for name in (*absent, *others)]


def _there(path: Path) -> bytes:
    """Return what a file has; nothing if it is not there."""
    with files.naming(path):
        return path.read_bytes() if path.exists() else b""


def _others(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Name those of Pilab's files that are there and say something else."""
    return [name for name in OURS if _there(folder / name) not in (b"", wanted[name].encode())]


def _in_the_way(folder: Path, names: list[str]) -> str:
    return lazy(
        "{folder} has {names} already, and nothing was changed; to have Pilab's own files written anew and the old "
        "ones kept beside them, type: {command}",
        folder=folder,
        names=", ".join(names),
        command=f"{'invoke' if IS_CHECKOUT else 'pilab'} new-room {shlex.quote(str(folder))} --again",
    )


def _keep(path: Path) -> None:
    kept = path.with_name(f"{path.name}{BACKUP}")
    with files.naming(kept):
        shutil.copy2(path, kept)


def _text(name: str) -> str:
    if name == SETTINGS:
        return settings((CODE / SETTINGS).read_text(encoding="utf-8"))
    text = (FILES / name).read_text(encoding="utf-8")
    places = {"{checkout}": str(CODE) if IS_CHECKOUT else "", "{environment}": sys.prefix}
    for field, value in places.items():
        text = text.replace(field, value)
    return text


def settings(text: str, code: Path = CODE, *, is_checkout: bool = IS_CHECKOUT) -> str:
    """Return the settings of Ansible for a room; PlanError if Ansible could not read where Pilab is."""
    if unreadable := UNREADABLE & set(str(code)):
        raise PlanError(
            lazy(
                "Pilab is in {code}, and Ansible cannot read a path with '{letter}'; move it.",
                code=code,
                letter=min(unreadable),
            )
        )
    collections = f"{code}/collections:{COLLECTIONS}" if is_checkout else COLLECTIONS
    changed = {
        "inventory = virtual/inventory.py,": f"inventory = {code}/virtual/inventory.py,",
        f"collections_path = collections:{COLLECTIONS}\n": f"collections_path = {collections}\n",
        "# The collection pilab.classroom is this checkout itself; others are where Ansible has them.\n": (
            "# The collection pilab.classroom is part of Pilab; others are where Ansible has them.\n"
        ),
        "roles_path = ansible/roles\n": "",
        "at the root of the project.\n": "in this folder.\n",
    }
    for old, new in changed.items():
        text = text.replace(old, new)
    return text
