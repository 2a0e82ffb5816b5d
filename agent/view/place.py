"""The place of the socket in the file system: only what a killed agent of this account left there is taken away."""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
import socket
import stat
import struct
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from agent.errors import AnotherAgentError, StatusError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# unix(7): sun_path has 108 bytes, the last of which is 0.
MOST_PATH_BYTES = 107
# Two agents that start at the same moment go one after the other; each needs milliseconds.
LOCK_LIMIT_S = 2.0
LOCK_RETRY_S = 0.02
# socket(7), SO_PEERCRED: process, account and group of whoever listens.
CREDENTIALS = struct.Struct("3i")
KINDS = {
    stat.S_IFREG: "a file",
    stat.S_IFDIR: "a folder",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check_length(path: Path) -> None:
    """StatusError if no socket can have this path."""
    length = len(os.fsencode(path))
    if length > MOST_PATH_BYTES:
        raise StatusError(
            f"The socket '{path}' cannot be made: its path has {length} bytes, and a socket's may have "
            f"{MOST_PATH_BYTES}; give a shorter one."
        )


def refuse(path: Path) -> None:
    """AnotherAgentError if an agent answers at this path, StatusError if no socket of ours can be there."""
    check_length(path)
    try:
        with _locked(path.parent):
            _refuse_what_is_there(path)
    except StatusError:
        raise
    except OSError as error:
        raise StatusError(f"The socket '{path}' cannot be made: {error.strerror}; correct status.socket.") from error


@contextmanager
def made_free(path: Path) -> Iterator[None]:
    """Have the path to oneself, with nothing there, while this lasts.

    AnotherAgentError if an agent answers there, StatusError if something else is there that is not ours to remove.
    """
    with _locked(path.parent):
        if _refuse_what_is_there(path):
            path.unlink()
        yield


def _refuse_what_is_there(path: Path) -> bool:
    """Tell whether a stale socket of ours is there; raise for anything but that and nothing, also OSError."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return False
    kind = stat.S_IFMT(found.st_mode)
    if kind != stat.S_IFSOCK:
        raise _occupied(path, f"{KINDS.get(kind, 'something')} is there, and stays")
    if answers := _who_listens(path):
        raise AnotherAgentError(
            f"An agent runs already: {answers} answers at '{path}'; end it first, or give this one another --socket."
        )
    if found.st_uid != os.geteuid():
        raise _occupied(path, f"{_account(found.st_uid)} left one there, which stays")
    return True


def _occupied(path: Path, why: str) -> StatusError:
    return StatusError(f"The socket '{path}' cannot be made: {why}; give another path.")


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of the same name; None if there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _who_listens(path: Path) -> str:
    """Say who answers at a socket; nothing if nobody does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as asking:
        try:
            asking.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return ""
        except PermissionError:
            return f"one of {_account(path.lstat().st_uid)}"
        except BlockingIOError:  # there are too many who want to look in
            return "a busy one"
        process, account, _ = CREDENTIALS.unpack(
            asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        )
        return f"process {process} of {_account(account)}"


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"account {number}"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other agents from this folder; the lock goes with the process and leaves no file."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(opened, folder)
        yield
    finally:
        os.close(opened)


def _lock(opened: int, folder: Path) -> None:
    until_s = time.monotonic() + LOCK_LIMIT_S
    while not _try_lock(opened):
        if time.monotonic() > until_s:
            raise OSError(errno.EAGAIN, f"another program keeps a lock on '{folder}'")
        time.sleep(LOCK_RETRY_S)


def _try_lock(opened: int) -> bool:
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
