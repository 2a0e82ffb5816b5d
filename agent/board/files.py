"""Writing small files so that a power cut or a full disk leaves the old one or the new one, never half of one."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from agent.errors import BusyError

if TYPE_CHECKING:
    from pathlib import Path

# What root relies on is for root alone: who can open a file can also hold its lock.
OWN_FILE = 0o600
OWN_FOLDER = 0o700
MIB = 2**20
# Some thousand samples, and the rest for the system, which suffers before we do.
NEEDED_BYTES = 16 * MIB


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that is there stays as it is. BusyError if it cannot be made."""
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    close(folder)


def close(folder: Path) -> None:
    """Let only its owner into a folder, whatever the umask was when it was made; BusyError if that fails."""
    try:
        folder.chmod(OWN_FOLDER)
    except OSError as error:
        raise unwritable(folder, error) from error


def write_whole(path: Path, text: str) -> None:
    """Write a file that only its owner may read; it is there whole when this returns. BusyError if it cannot be."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)  # of a run that was killed
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN_FILE), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def sync_folder(folder: Path) -> None:
    """Make sure that the names in a folder survive a power cut."""
    entry = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(entry)
    finally:
        os.close(entry)


def require_room(folder: Path) -> None:
    """BusyError where the disk would be full before the end."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < NEEDED_BYTES:
        free_mib, needed_mib = free_bytes // MIB, NEEDED_BYTES // MIB
        raise BusyError(f"The disk of {folder} has {free_mib} MiB free and a run needs {needed_mib} MiB; make room.")


def unwritable(path: Path, error: OSError) -> BusyError:
    """Say that something cannot be written, and what to do."""
    return BusyError(f"{path} cannot be written: {error.strerror}; make room or mend the disk, then run again.")
