"""The records of one board: JSON lines as the board wrote them, let in line by line, and read as a whole."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from fleet.analysis.limits import MOST_BYTES, MOST_LINE_BYTES, Totals, damaged
from fleet.analysis.record_types import KINDS, BoardFacts, During, End, Event, Policy, Record, Sample
from fleet.errors import RecordError
from fleet.files import reason
from fleet.gate import Gate, Head, MisfitError, shown
from fleet.i18n import lazy, upper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["BoardFacts", "During", "End", "Event", "Policy", "Sample"]

SCHEMA = 1
WHOLE_SUFFIX, PARTIAL_SUFFIX = ".jsonl", ".partial.jsonl"
# No name of a board has this sign, which stands before the number of a later attempt.
AGAIN = "+"

THE_LINE = lazy("the line")
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
            return lazy("{file} is empty; nothing arrived from this board.", file=self._name)
        if not self._last.endswith(b"\n"):
            return lazy("{file} is cut short in the middle of a line; what came before it is kept.", file=self._name)
        if self._end is None:
            return lazy("{file} has no end mark: the run was cut short; what came before it is kept.", file=self._name)
        if self._end.sha256 != self._digest.hexdigest():
            return lazy("{file} is not as the board wrote it: its checksum does not fit.", file=self._name)
        return ""

    def add(self, line: bytes, read: Record | None = None) -> None:
        """Add a line and what it says, if that is known; RecordError if it cannot stand there.

        What a cut or a power failure left of the last line is not a record.
        """
        self._digest.update(self._last)
        self._last = line
        self.lines += 1
        if line.endswith(b"\n"):
            self._put(read or one(line) or record(line, self._place))

    @property
    def _place(self) -> str:
        return line_of(self.lines, self._name)

    def _put(self, record: Record) -> None:
        if self._end:
            raise RecordError(damaged(lazy("{place} stands behind the end mark", place=upper(self._place))))
        match record:
            case BoardFacts():
                if self.lines > 1:
                    raise RecordError(damaged(lazy("The record of the board is {place}, not 1", place=self._place)))
                self._board = record
            case Sample():
                self._let_in(self._totals.sample(record))
                self._samples.append(record)
            case Event():
                self._let_in(self._totals.event())
                self._events.append(record)
            case End():
                self._end = record

    def _let_in(self, wrong: str) -> None:
        if wrong:
            raise RecordError(damaged(lazy("{place} {wrong}", place=upper(self._place), wrong=wrong)))

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
        raise RecordError(lazy("{path} is no file; take it out of its folder.", path=path))
    try:
        with path.open("rb") as file:
            return _read(file, place_of(path)[0], path.name)
    except OSError as error:
        raise RecordError(lazy("{path} cannot be read: {reason}.", path=path, reason=reason(error))) from error


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
            place = upper(line_of(number, name))
            raise RecordError(damaged(lazy("{place} is longer than {most} bytes", place=place, most=MOST_LINE_BYTES)))
        if total > MOST_BYTES:
            raise RecordError(
                lazy(
                    "{file} is longer than {most} bytes, which no run is; take it out of its folder.",
                    file=name,
                    most=MOST_BYTES,
                )
            )
        yield line


def line_of(number: int, file: str) -> str:
    """Name a line of a file."""
    return lazy("line {number} of {file}", number=number, file=file)


def record(line: bytes, place: str) -> Record:
    """Let one line in; RecordError names the place, the key and what would fit."""
    try:
        head = HEAD.json(line, place)
        if type(head.schema) is not int or head.schema != SCHEMA:
            raise RecordError(
                lazy(
                    "{place} has the schema {schema}; this Pilab reads {ours}: use the one that wrote it.",
                    place=upper(place),
                    schema=shown(head.schema),
                    ours=SCHEMA,
                )
            )
        if not isinstance(head.kind, str) or head.kind not in GATES:
            raise RecordError(
                lazy(
                    "{place} is of the unknown kind {kind}; use the Pilab that wrote it.",
                    place=upper(place),
                    kind=shown(head.kind),
                )
            )
        return GATES[head.kind].json(line, place)
    except MisfitError as error:
        raise RecordError(damaged(str(error))) from error


def one(line: bytes) -> Record | None:
    """Read a single record; nothing if it cannot be let in."""
    try:
        return record(line, THE_LINE) if len(line) <= MOST_LINE_BYTES else None
    except RecordError:
        return None
