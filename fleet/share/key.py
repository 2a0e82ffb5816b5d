"""The key of this room: what the words that stand for its names are made with. It never leaves this computer."""

from __future__ import annotations

import os
import re
import secrets
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from fleet import files
from fleet.errors import ShareError
from fleet.i18n import lazy
from fleet.tokens import SALT_BYTES, Tokens

if TYPE_CHECKING:
    from pathlib import Path

FILE = "room.key"
OWNER_ONLY = 0o600
# A room has no name that could be guessed: its word is made of nothing else than its key.
ROOM = "room"


def tokens(folder: Path) -> Tokens:
    """Return the words of the room, the same at every call; its key is made the first time.

    ShareError if what is there is no key, or others may read it; DiskError if it cannot be written.
    """
    path = folder / FILE
    if not is_in(folder):
        _make(path)
    return _read(path)


def provisional(folder: Path) -> Tokens:
    """Return the words of the room, or others of the same length as long as it has no key; ShareError as above."""
    return _read(folder / FILE) if is_in(folder) else Tokens()


def is_in(folder: Path) -> bool:
    """Tell whether the room has a key, so that its words are those that it keeps."""
    return (folder / FILE).exists()


def room_word(words: Tokens) -> str:
    """Name the room."""
    return words(ROOM, ROOM)


def _make(path: Path) -> None:
    """Write a key, whole or not at all, unless another command was faster."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with files.naming(path):
        try:
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "w") as file:
                file.write(secrets.token_hex(SALT_BYTES) + "\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)


def _read(path: Path) -> Tokens:
    with files.naming(path), path.open("rb") as file:
        mode, text = os.fstat(file.fileno()).st_mode, file.read(4 * SALT_BYTES)
    if stat.S_IMODE(mode) & ~OWNER_ONLY:
        raise ShareError(
            lazy("{path} can be read by others; close it with: chmod 600 {path}", path=path),
        )
    found = re.fullmatch(rb"([0-9a-f]{%d})\n?" % (2 * SALT_BYTES), text)
    if not found:
        raise ShareError(
            lazy(
                "{path} is no key of a room; bring it back from a copy, or take it away: then a new one is made, and "
                "the room and its boards get other words from then on.",
                path=path,
            )
        )
    return Tokens(bytes.fromhex(found[1].decode()))
