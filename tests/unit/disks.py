"""Disks that refuse to be written to: full, read-only, somebody else's. Only root can make them."""

from __future__ import annotations

import ctypes
import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOMEBODY = 54321
# capset(2), capabilities(7): the right of root to pass by owners and modes, of this thread and those that it starts.
VERSION_3, DAC_OVERRIDE, DAC_READ_SEARCH = 0x20080522, 1, 2
KERNEL = ctypes.CDLL(None, use_errno=True)


@contextmanager
def full(folder: Path, fill: Callable[[], None]) -> Iterator[None]:
    """A disk of 1 MB on which nothing fits beside what `fill` puts there."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    try:
        fill()
        take(folder)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def take(folder: Path, left_bytes: int = 0) -> None:
    """Take what room is left, or nearly."""
    room = os.statvfs(folder)
    with (folder / "taken").open("wb") as file:
        file.write(bytes(room.f_bavail * room.f_frsize - left_bytes))


@contextmanager
def read_only(folder: Path, fill: Callable[[], None]) -> Iterator[None]:
    """A disk that can only be read."""
    folder.mkdir()
    fill()
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def somebody_elses(folder: Path, fill: Callable[[], None]) -> Iterator[None]:
    """Files of another account, for somebody who may not pass by that."""
    folder.mkdir()
    fill()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, SOMEBODY, SOMEBODY)
    before = _capabilities()
    _have((before[0] & ~(1 << DAC_OVERRIDE | 1 << DAC_READ_SEARCH), *before[1:]))
    try:
        yield
    finally:
        _have(before)


def _capabilities() -> tuple[int, ...]:
    header, sets = (ctypes.c_uint32 * 2)(VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert KERNEL.capget(header, sets) == 0
    return tuple(sets)


def _have(sets: tuple[int, ...]) -> None:
    assert KERNEL.capset((ctypes.c_uint32 * 2)(VERSION_3, 0), (ctypes.c_uint32 * 6)(*sets)) == 0
