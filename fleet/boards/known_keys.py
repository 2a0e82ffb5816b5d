"""A board is its key: one file of host keys beside the inventory, by the names of the boards, for all that uses ssh."""

from __future__ import annotations

import configparser
import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleet import files
from fleet.errors import InventoryError
from fleet.i18n import lazy
from fleet.places import ROOM
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

# The playbooks read the same file, with the same words.
FORMAT: Any = plugin("plugin_utils", "known_keys")


def beside_inventory(root: Path = ROOM) -> Path:
    """Return the file of known keys of the list of boards in use; it need not be there.

    Of several lists that Ansible is given, it is beside the last one, which is the one that people write.
    """
    there = sources(root)[-1]
    folder = there if there.is_dir() else there.parent
    return folder / str(FORMAT.FILE_NAME)


def sources(root: Path = ROOM) -> list[Path]:
    """List where Ansible takes its boards from: files and folders, which need not be there."""
    if given := os.environ.get("ANSIBLE_INVENTORY"):
        return [root / Path(each.strip()).expanduser() for each in given.split(",")]
    settings = configparser.ConfigParser(interpolation=None)
    file = Path(os.environ.get("ANSIBLE_CONFIG") or root / "ansible.cfg").absolute()
    settings.read(file, encoding="utf-8")
    named = settings.get("defaults", "inventory", fallback="inventory.ini").split(",")
    return [file.parent / Path(each.strip()).expanduser() for each in named]


def keys_in(path: Path, name: str) -> list[str]:
    """List the keys that a name has in a file, "kind base64" each; DiskError if it cannot be read."""
    keys: list[str] = FORMAT.keys_of(_read(path), name)
    return keys


def fingerprint(key: str) -> str:
    """Return the fingerprint of a key as ssh shows it."""
    shown: str = FORMAT.fingerprint(key)
    return shown


def _read(path: Path) -> str:
    """Read a file; one that is not there says nothing."""
    with files.naming(path):
        try:
            return path.read_bytes().decode(errors="surrogateescape")
        except FileNotFoundError:
            return ""


class KnownKeys:
    """The keys of boards in one file of OpenSSH's format; a key is "ssh-ed25519 AAAA...", names have no case."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def key_of(self, name: str) -> str | None:
        """Return the key that a board has; DiskError if the file cannot be read."""
        return next(iter(keys_in(self.path, name)), None)

    def names_of(self, key: str) -> list[str]:
        """List the names that have a key; DiskError if the file cannot be read."""
        names: list[str] = FORMAT.names_of(_read(self.path), key)
        return names

    def put(self, name: str, key: str) -> None:
        """Give a board a key in place of those that it has; all else in the file stays.

        InventoryError if the file cannot hold this name or this is no key, DiskError if the file cannot be written.
        """
        if not FORMAT.is_name(name):
            raise InventoryError(
                lazy(
                    "The name '{name}' cannot stand in {path}: use letters, digits and dashes.",
                    name=name,
                    path=self.path,
                )
            )
        kind_and_key = " ".join(key.split()[:2])
        if not FORMAT.is_key(kind_and_key):
            raise InventoryError(
                lazy(
                    "The key '{key}' of {name} is no public key; give one like 'ssh-ed25519 AAAA...'.",
                    key=key,
                    name=name,
                )
            )
        with self._alone():
            text = _replaced(_read(self.path), name, kind_and_key)
            with files.whole(self.path) as file:
                file.write(text.encode(errors="surrogateescape"))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait until nobody else writes to this folder, for two commands would lose each other's lines."""
        with files.naming(self.path):
            folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def _replaced(text: str, name: str, key: str) -> str:
    """Return the file with one line for a name, where its first one was or at the end."""
    named = {line.number: line for line in FORMAT.lines_in(text) if FORMAT.is_named(line, name)}
    first = min(named, default=None)
    kept = []
    for number, written in enumerate(text.removesuffix("\n").split("\n") if text else []):
        kept += [f"{name} {key}"] if number == first else []
        kept += _rest(written, named[number], name) if number in named else [written]
    kept += [f"{name} {key}"] if first is None else []
    return "".join(f"{line}\n" for line in kept)


def _rest(written: str, line: Any, name: str) -> list[str]:  # noqa: ANN401 (a type of the plugin)
    """Return a line without a name; nothing of one that was for that name alone."""
    others = [each for each in line.names if not FORMAT.is_named(line._replace(names=(each,)), name)]
    return [f"{','.join(others)} {written.split(maxsplit=1)[1]}"] if others else []
