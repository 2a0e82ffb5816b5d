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

from agent.board import cpufreq
from agent.board import units as services
from agent.board.files import OWN_FILE, make_folder, unwritable, write_whole
from agent.errors import BenchError, BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.board.paths import Place

SCHEMA = 1


@dataclass(frozen=True)
class Found:
    """What a run changes, as it was before: the governor of each policy, and the units that ran."""

    run: str
    governors: dict[str, str]
    units: list[str]


@contextmanager
def alone(place: Place) -> Iterator[None]:
    """Hold the right to change the board; BusyError if somebody else has it."""
    make_folder(place.state)
    try:
        file = _opened(place.lock_file)
    except OSError as error:
        raise unwritable(place.lock_file, error) from error
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
        raise BusyError("A bench runs on this board; stop it with 'pilab bench stop' or wait for its end.") from error


def save(found: Found, place: Place) -> None:
    """Write down how the board was found."""
    write_whole(place.restore_file, json.dumps({"schema": SCHEMA, **asdict(found)}) + "\n")


def restore(place: Place) -> None:
    """Put back what was found; BenchError names all that could not be, and the file stays for another attempt."""
    found = _load(place)
    if found is None:
        return
    deeds = [partial(cpufreq.put, place.cpufreq, {policy: before}) for policy, before in found.governors.items()]
    deeds += [partial(services.start, unit) for unit in found.units]
    complaints = [complaint for complaint in map(_complaint, deeds) if complaint]
    if complaints:
        raise BenchError(f"The board is not as it was before run {found.run}: {' '.join(complaints)} {_advice(place)}")
    place.restore_file.unlink()


def _complaint(deed: Callable[[], None]) -> str:
    try:
        deed()
    except BenchError as error:
        return str(error)
    return ""


def _load(place: Place) -> Found | None:
    try:
        content = json.loads(place.restore_file.read_text(encoding="utf-8"))
        return Found(content["run"], content["governors"], content["units"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{place.restore_file} cannot be understood ({error}). {_advice(place)}") from error


def _advice(place: Place) -> str:
    return f"Put it right and run 'pilab bench restore', or remove {place.restore_file}."
