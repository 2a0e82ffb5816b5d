"""The records of a run: one JSON object per line, on the disk before the next thing is measured."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from agent.board.clock import utc
from agent.board.files import OWN_FILE, sync_folder, unwritable
from agent.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SCHEMA = 1
END = "end"


class RecordWriter:
    """Appends the records of one run; holds a lock for as long as more may come."""

    def __init__(self, run: str, file: int, path: Path) -> None:
        self._run = run
        self._file = file
        self._path = path
        self._digest = hashlib.sha256()
        self._length = 0
        self.samples = 0

    def write(self, kind: str, fields: Mapping[str, object]) -> None:
        """Append one record; it has reached the disk when this returns."""
        self._append(_line({"schema": SCHEMA, "kind": kind, "run": self._run, **fields}))
        self.samples += kind == "sample"

    def event(self, what: str, message: str, **fields: object) -> None:
        """Append what happened besides measuring, as a sentence."""
        self.write("event", {"what": what, "message": message, **fields})

    def end(self, status: str) -> None:
        """Append the mark by which a reader knows that nothing is missing."""
        self.write(END, {"status": status, "samples": self.samples, "utc": utc(), "sha256": self._digest.hexdigest()})

    def _append(self, line: bytes) -> None:
        try:
            _write_all(self._file, line)
            os.fsync(self._file)
        except OSError as error:
            with suppress(OSError):  # what is there stays readable even if half a line cannot be taken back
                os.ftruncate(self._file, self._length)
            raise unwritable(self._path, error) from error
        self._length += len(line)
        self._digest.update(line)


@contextmanager
def new_records(path: Path, run: str) -> Iterator[RecordWriter]:
    """Open the records of a run; BusyError if it has some, or they cannot be written."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, OWN_FILE)
    except FileExistsError as error:
        raise BusyError(f"{path} is there already; give the run a name of its own.") from error
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        sync_folder(path.parent)
        yield RecordWriter(run, file, path)
    finally:
        os.close(file)


class RecordTail:
    """Reads records while they are being written, whole lines only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._begun = b""

    def lines(self) -> list[bytes]:
        """Return the lines that are new since the last time."""
        if not self._opened():
            return []
        fresh = self._begun + b"".join(iter(lambda: os.read(self._file, 65536), b""))
        *whole, self._begun = fresh.split(b"\n")
        return [line + b"\n" for line in whole]

    def is_written(self) -> bool:
        """Tell whether somebody is still writing: the kernel lets go of a lock when its holder dies."""
        if not self._opened():
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        fcntl.flock(self._file, fcntl.LOCK_UN)
        return False

    def _opened(self) -> bool:
        if self._file < 0:
            with suppress(FileNotFoundError):
                self._file = os.open(self._path, os.O_RDONLY)
        return self._file >= 0

    def close(self) -> None:
        """Let go of the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def is_end(line: bytes) -> bool:
    """Tell whether this is the last line of a run."""
    return bool(json.loads(line)["kind"] == END)


def has_ended(path: Path) -> bool:
    """Tell whether the last record of a run is there."""
    tail = RecordTail(path)
    lines = tail.lines()
    tail.close()
    return bool(lines) and is_end(lines[-1])


def _line(record: Mapping[str, object]) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode() + b"\n"


def _write_all(file: int, line: bytes) -> None:
    while line:
        line = line[os.write(file, line) :]
