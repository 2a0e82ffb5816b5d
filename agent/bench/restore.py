"""Putting the board back: how it was found is on the disk before anything is changed, and goes when all is back."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Callable

from agent.board import cpufreq, units
from agent.board.files import OWN_FILE, make_folder, unwritable, write_whole
from agent.errors import BenchError, BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.board.paths import Paths

SCHEMA = 1


@dataclass(frozen=True)
class SavedState:
    """What a run changes, as it was before: the governor of each policy, and the units that ran."""

    run: str
    governors: dict[str, str]
    units: list[str]


@contextmanager
def board_lock(paths: Paths) -> Iterator[None]:
    """Hold the right to change the board; BusyError if somebody else has it."""
    make_folder(paths.state)
    try:
        file = _opened(paths.lock_file)
    except OSError as error:
        raise unwritable(paths.lock_file, error) from error
    try:
        _lock(file)
        yield
    finally:
        os.close(file)


def _opened(lock: Path) -> int:
    """Open the lock, which nobody else can: whoever has it open can hold it and so keep every bench away."""
    with suppress(FileNotFoundError):
        if stat.S_IMODE(lock.lstat().st_mode) != OWN_FILE:
            lock.unlink()  # of an earlier Pilab: somebody may have it open still
    return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, OWN_FILE)


def _lock(file: int) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BusyError("A bench runs on this board; wait for its end, or press Ctrl-C where it was begun.") from error


def save(found: SavedState, paths: Paths) -> None:
    """Write down how the board was found."""
    write_whole(paths.restore_file, json.dumps({"schema": SCHEMA, **asdict(found)}) + "\n")


def restore(paths: Paths) -> None:
    """Put back what was saved; BenchError names all that could not be, and the file stays for another attempt."""
    saved = _load(paths)
    if saved is None:
        return
    deeds = [
        partial(cpufreq.set_governors, paths.cpufreq, {policy: governor})
        for policy, governor in saved.governors.items()
    ]
    deeds += [partial(units.start, unit) for unit in saved.units]
    complaints = [complaint for complaint in map(_complaint, deeds) if complaint]
    if complaints:
        raise BenchError(f"The board is not as it was before run {saved.run}: {' '.join(complaints)} {_advice(paths)}")
    paths.restore_file.unlink()


def _complaint(deed: Callable[[], None]) -> str:
    try:
        deed()
    except BenchError as error:
        return str(error)
    return ""


def _load(paths: Paths) -> SavedState | None:
    try:
        content = json.loads(paths.restore_file.read_text(encoding="utf-8"))
        return SavedState(content["run"], content["governors"], content["units"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{paths.restore_file} cannot be understood ({error}). {_advice(paths)}") from error


def _advice(paths: Paths) -> str:
    return (
        f"Put it right, type on the board: sudo {paths.code}/bin/pilab bench restore; or remove {paths.restore_file}."
    )
