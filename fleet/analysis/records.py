"""The records of one board: JSON lines as the board wrote them, let in line by line, and read as a whole."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from fleet.analysis.limits import DAMAGED, MOST_BYTES, MOST_LINE_BYTES, Totals
from fleet.analysis.record_types import KINDS, BoardFacts, During, End, Event, Policy, Record, Sample
from fleet.errors import RecordError
from fleet.gate import Gate, Head, MisfitError, shown, upper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BoardFacts", "During", "End", "Event", "Policy", "Sample"]

SCHEMA = 1
WHOLE_SUFFIX, PARTIAL_SUFFIX = ".jsonl", ".partial.jsonl"
# No name of a board has this sign, which stands before the number of a later attempt.
AGAIN = "+"

HEAD = Gate(Head)
GATES = {name: Gate(kind) for name, kind in KINDS.items()}


@dataclass(frozen=True)
class Records:
    """All that one board recorded in one run; `flaw` says in a sentence why it is not the whole."""

    host: str
    board: BoardFacts | None = None
    samples: tuple[Sample, ...] = ()
    events: tuple[Event, ...] = ()
    end: End | None = None
    flaw: str = ""

    @property
    def is_simulated(self) -> bool:
        """Tell whether the hardware was not real, or not known to be."""
        return self.board is None or self.board.simulated

    @property
    def is_emulated(self) -> bool:
        """Tell whether programs stood for the processor, which then counts rightly but in a time of its own."""
        return self.board is not None and self.board.virtualization == "qemu"


class RecordsBuilder:
    """The records of one board, put together line by line; one that cannot stand there is told at the end."""

    def __init__(self, host: str, name: str) -> None:
        self._host, self._name = host, name
        self.lines = 0
        self._board: BoardFacts | None = None
        self._samples: list[Sample] = []
        self._events: list[Event] = []
        self._end: End | None = None
        self._totals = Totals()
        # Of all lines but the last, which is the one that says what the checksum must be.
        self._digest = hashlib.sha256()
        self._last = b""

    @property
    def has_ended(self) -> bool:
        """Tell whether the last line is the end mark."""
        return self._end is not None and self._last.endswith(b"\n")

    @property
    def flaw(self) -> str:
        """Say what is wrong with the lines as a whole: no end mark, or not the bytes that the board wrote."""
        if not self._last:
            return f"{self._name} is empty; nothing arrived from this board."
        if not self._last.endswith(b"\n"):
            return f"{self._name} is cut short in the middle of a line; what came before it is kept."
        if self._end is None:
            return f"{self._name} has no end mark: the run was cut short; what came before it is kept."
        if self._end.sha256 != self._digest.hexdigest():
            return f"{self._name} is not as the board wrote it: its checksum does not fit."
        return ""

    def add(self, line: bytes, read: Record | None = None) -> None:
        """Add a line and what it says, if that is known; RecordError if it cannot stand there.

        What a cut or a power failure left of the last line is not a record.
        """
        self._digest.update(self._last)
        self._last = line
        self.lines += 1
        if line.endswith(b"\n"):
            self._put(read or record(line, f"line {self.lines} of {self._name}"))

    def _put(self, record: Record) -> None:
        place = f"line {self.lines} of {self._name}"
        if self._end:
            raise RecordError(f"Line {self.lines} of {self._name} stands behind the end mark; {DAMAGED}")
        match record:
            case BoardFacts():
                if self.lines > 1:
                    where = f"line {self.lines} of {self._name}, not 1"
                    raise RecordError(f"The record of the board is {where}; {DAMAGED}")
                self._board = record
            case Sample():
                self._totals.sample(record, place)
                self._samples.append(record)
            case Event():
                self._totals.event(place)
                self._events.append(record)
            case End():
                self._end = record

    def records(self) -> Records:
        """Return what has been added."""
        samples, events = tuple(self._samples), tuple(self._events)
        return Records(self._host, self._board, samples, events, self._end, self.flaw)


def stem(board: str, attempt: int) -> str:
    """Name the file of a board without its ending: the first attempt of a run, or a later one."""
    return board if attempt == 1 else f"{board}{AGAIN}{attempt}"


def place_of(path: Path) -> tuple[str, int]:
    """Tell whose file it is, and of which attempt."""
    board, _, attempt = path.name.removesuffix(WHOLE_SUFFIX).removesuffix(".partial").partition(AGAIN)
    return board, int(attempt) if attempt.isdecimal() else 1


def load(path: Path) -> Records:
    """Read a stored file; RecordError if a line of it cannot be let in."""
    if path.exists() and not path.is_file():  # a pipe would be waited for, and a device has no end
        raise RecordError(f"{path} is no file; take it out of its folder.")
    try:
        with path.open("rb") as file:
            return _read(file, place_of(path)[0], path.name)
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror}.") from error


def parse(data: bytes, host: str, name: str) -> Records:
    """Read the records of a board; what a cut or a power failure left of the last line is not one."""
    return _read(io.BytesIO(data), host, name)


def _read(file: IO[bytes], host: str, name: str) -> Records:
    builder = RecordsBuilder(host, name)
    for line in _lines(file, name):
        builder.add(line)
    return builder.records()


def _lines(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Read line by line, and never more than there may be."""
    total, number = 0, 0
    while line := file.readline(MOST_LINE_BYTES + 1):
        total, number = total + len(line), number + 1
        if len(line) > MOST_LINE_BYTES:
            raise RecordError(f"Line {number} of {name} is longer than {MOST_LINE_BYTES} bytes; {DAMAGED}")
        if total > MOST_BYTES:
            raise RecordError(f"{name} is longer than {MOST_BYTES} bytes, which no run is; take it out of its folder.")
        yield line


def record(line: bytes, place: str) -> Record:
    """Let one line in; RecordError names the place, the key and what would fit."""
    try:
        head = HEAD.json(line, place)
        if type(head.schema) is not int or head.schema != SCHEMA:
            raise RecordError(
                f"{upper(place)} has the schema {shown(head.schema)}; this Pilab reads {SCHEMA}: use the one that "
                "wrote it."
            )
        if not isinstance(head.kind, str) or head.kind not in GATES:
            raise RecordError(f"{upper(place)} is of the unknown kind {shown(head.kind)}; use the Pilab that wrote it.")
        return GATES[head.kind].json(line, place)
    except MisfitError as error:
        raise RecordError(f"{error}; {DAMAGED}") from error


def one(line: bytes) -> Record | None:
    """Read a single record; nothing if it cannot be let in."""
    try:
        return record(line, "the line") if len(line) <= MOST_LINE_BYTES else None
    except RecordError:
        return None
