"""A folder as a place to share: of this computer, of the network, or of a stick that is carried from room to room."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from fleet import files
from fleet.errors import ShareError
from fleet.i18n import lazy
from fleet.share.store import Found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PART = ".part"
MOST_TRIES = 3
# FAT, and what pretends to be a disk, have no second name for a file (link(2)).
NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)


class FolderStore:
    """Files that are written under another name first, and have the right one only when they are whole."""

    def __init__(self, root: Path) -> None:
        if not root.is_dir():
            raise ShareError(
                lazy(
                    "There is no folder {path}; make it, or plug in the stick and name the folder that it has.",
                    path=root,
                )
            )
        self._root = root

    def names(self, under: str) -> Iterator[Found]:
        """List the files below a folder; links, pipes and what was not written to its end are none."""
        with files.naming(self._root / under):
            yield from self._walk(under)

    def _walk(self, under: str) -> Iterator[Found]:
        try:
            entries = sorted(os.scandir(self._root / under), key=lambda each: each.name)
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry in entries:
            name = f"{under}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(name)
            elif entry.is_file(follow_symlinks=False) and not entry.name.endswith(PART):
                yield Found(name, entry.stat(follow_symlinks=False).st_size)

    def put_new(self, name: str, data: bytes) -> bool:
        """Write a file, and have it on the disk before it has its name; DiskError or ShareError if that is refused."""
        path = self._root / name
        files.make_folder(path.parent)
        _clear(path.parent.parent)
        for _ in range(MOST_TRIES):
            # What was not locked yet, another command takes for a leftover.
            with files.naming(path), suppress(FileNotFoundError):
                return _put(path, data)
        raise ShareError(lazy("{path} cannot be written: something takes its files away.", path=path.parent))

    def get(self, name: str, most_bytes: int) -> bytes:
        """Read a file; DiskError if the disk does not give it, ShareError if it is none, or longer than that."""
        path = self._root / name
        with files.naming(path), _opened(path) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ShareError(lazy("{path} is no file; take it away.", path=path))
            data = file.read(most_bytes + 1)
        if len(data) > most_bytes:
            raise ShareError(lazy("{path} is longer than {most} bytes; take it away.", path=path, most=most_bytes))
        return data


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file; a link is not followed, and a pipe not waited for."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        yield file


def _put(path: Path, data: bytes) -> bool:
    fresh = path.with_name(f".{secrets.token_hex(8)}{PART}")
    try:
        with fresh.open("xb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            is_new = _named(fresh, path)
    finally:
        with suppress(OSError):
            fresh.unlink()
    _sync(path.parent)
    return is_new


def _named(fresh: Path, path: Path) -> bool:
    """Give a whole file its name; False if there is one of that name."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if path.exists():
            return False
        # Should another command be faster here, it has put the same bytes there: their hash is in the name.
        fresh.rename(path)
    return True


def _clear(folder: Path) -> None:
    """Take away what killed commands left in a room's folders; who still writes holds a lock."""
    for path in folder.glob(f"*/.*{PART}"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _sync(folder: Path) -> None:
    """Have the name on the disk, too, where the disk can tell."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
