"""The records of one board: JSON lines as the board wrote them, checked and read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

from fleet.errors import RecordError
from fleet.shapes import fits

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SCHEMA = 1
WHOLE_SUFFIX, PARTIAL_SUFFIX = ".jsonl", ".partial.jsonl"
# No name of a board has this sign, which stands before the number of a later attempt.
AGAIN = "+"
# What may differ between two attempts of the same run on the same board.
PASSING = ("agent_was_active", "policies")
T = TypeVar("T")


@dataclass(frozen=True)
class Policy:
    """Cores that share one clock."""

    name: str
    cpus: list[int]
    governor: str
    min_khz: int | None
    max_khz: int | None


@dataclass(frozen=True)
class BoardFacts:
    """What the board said it is."""

    hostname: str
    model: str
    release: str
    os_pretty: str
    kernel: str
    machine: str
    userland: str
    cores: int
    memory_bytes: int
    page_size_bytes: int
    gcc: str
    python: str
    opencv: str
    virtualization: str
    simulated: bool
    agent_was_active: bool
    serial: str = ""
    policies: tuple[Policy, ...] = ()


@dataclass(frozen=True)
class During:
    """What was seen while a program ran: the same place in each list is the same moment, None unknown or unasked."""

    at_ms: list[int]
    clock_khz: list[int | None]
    temperature_mc: list[int | None]
    throttled: list[int | None]
    load: list[float]
    cost_ns: int


NOTHING_SEEN = During([], [], [], [], [], 0)


@dataclass(frozen=True)
class Sample:
    """One program, run once, and what the board was like beside it; nothing where the board cannot tell."""

    experiment: str
    lesson: str
    workers: int
    size: int
    size_unit: str
    governor: str
    index: int
    repetition: int
    wall_ns: int
    user_ns: int
    sys_ns: int
    peak_rss_bytes: int
    minor_faults: int
    major_faults: int
    exit_status: int
    output: dict[str, Any] | None
    planned: int = 0
    utc: str = ""
    bound: str = "processor"
    agent_active: bool = False
    busy_before_cores: float | None = None
    clock_before_khz: list[int | None] | None = None
    clock_after_khz: list[int | None] | None = None
    temperature_after_mc: int | None = None
    throttled_before: int | None = None
    throttled_after: int | None = None
    during: During = NOTHING_SEEN

    @property
    def work_ns(self) -> int:
        """The time of the work itself, without the start of the program, where the program tells it."""
        loop_ns = (self.output or {}).get("loop_ns")
        return loop_ns if isinstance(loop_ns, int) else self.wall_ns


@dataclass(frozen=True)
class Event:
    """Something that happened besides measuring, as a sentence."""

    what: str
    message: str


@dataclass(frozen=True)
class End:
    """The last record: nothing is missing before it."""

    status: str
    samples: int
    sha256: str


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


@dataclass
class _Pile:
    """Records by kind, while they are read."""

    board: list[BoardFacts] = field(default_factory=list)
    sample: list[Sample] = field(default_factory=list)
    event: list[Event] = field(default_factory=list)
    end: list[End] = field(default_factory=list)


def stem(board: str, attempt: int) -> str:
    """Name the file of a board without its ending: the first attempt of a run, or a later one."""
    return board if attempt == 1 else f"{board}{AGAIN}{attempt}"


def place_of(path: Path) -> tuple[str, int]:
    """Tell whose file it is, and of which attempt."""
    board, _, attempt = path.name.removesuffix(WHOLE_SUFFIX).removesuffix(".partial").partition(AGAIN)
    return board, int(attempt) if attempt.isdecimal() else 1


def joined(before: Records, after: Records) -> Records:
    """Put two attempts together; RecordError if the board is no longer what it was: unlike boards are never pooled."""
    changes = _changes(before.board, after.board) if before.board and after.board else []
    if changes:
        raise RecordError(
            f"{before.host} is not as it was when the run began ({'; '.join(changes)}), so what it measured again is "
            "left out; bench it anew."
        )
    return Records(
        host=before.host,
        board=after.board or before.board,
        samples=before.samples + after.samples,
        events=before.events + after.events,
        end=after.end,
        flaw=after.flaw,
    )


def _changes(before: BoardFacts, after: BoardFacts) -> list[str]:
    pairs = ((each.name, getattr(before, each.name), getattr(after, each.name)) for each in fields(BoardFacts))
    return [f"{name}: {old}, then {new}" for name, old, new in pairs if old != new and name not in PASSING]


def load(path: Path) -> Records:
    """Read a stored file; RecordError if nothing of it can be understood."""
    try:
        return parse(path.read_bytes(), place_of(path)[0], path.name)
    except OSError as error:
        raise RecordError(f"{path} cannot be read: {error.strerror}.") from error


def parse(data: bytes, host: str, name: str) -> Records:
    """Read the records of a board; what a cut or a power failure left of the last line is not one."""
    pile = _Pile()
    whole_lines = data.splitlines(keepends=True)
    if whole_lines and not whole_lines[-1].endswith(b"\n"):
        whole_lines.pop()
    for number, line in enumerate(whole_lines, start=1):
        _put(pile, _object(line, f"Line {number} of {name}"), f"Line {number} of {name}")
    return Records(
        host=host,
        board=pile.board[0] if pile.board else None,
        samples=tuple(pile.sample),
        events=tuple(pile.event),
        end=pile.end[0] if pile.end else None,
        flaw=flaw(data, name),
    )


def one(line: bytes) -> BoardFacts | Sample | Event | End | None:
    """Read a single record; nothing if it cannot be understood."""
    pile = _Pile()
    try:
        _put(pile, _object(line, "The line"), "The line")
    except RecordError:
        return None
    found: list[BoardFacts | Sample | Event | End] = [*pile.board, *pile.sample, *pile.event, *pile.end]
    return found[0]


def flaw(data: bytes, name: str) -> str:
    """Say what is wrong with a file as a whole: no end mark, or not the bytes that the board wrote; else nothing."""
    before, last = _split_last_line(data)
    if not last:
        return f"{name} is empty; nothing arrived from this board."
    try:
        end = json.loads(last)
    except ValueError:
        return f"{name} is cut short in the middle of a line; what came before it is kept."
    if not isinstance(end, dict) or end.get("kind") != "end" or not last.endswith(b"\n"):
        return f"{name} has no end mark: the run was cut short; what came before it is kept."
    if end.get("sha256") != hashlib.sha256(before).hexdigest():
        return f"{name} is not as the board wrote it: its checksum does not fit."
    return ""


def _split_last_line(data: bytes) -> tuple[bytes, bytes]:
    at = data.rfind(b"\n", 0, len(data) - 1) + 1
    return data[:at], data[at:]


def _object(line: bytes, place: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise RecordError(f"{place} is not JSON ({error}); the file is damaged: take it out of its folder.") from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        schema = record.get("schema") if isinstance(record, dict) else None
        raise RecordError(f"{place} has the schema {schema!r}; this Pilab reads {SCHEMA}: use the one that wrote it.")
    return record


def _put(pile: _Pile, record: dict[str, Any], place: str) -> None:
    match record.get("kind"):
        case "board":
            policies = tuple(_built(Policy, policy, place) for policy in record.get("policies", []))
            pile.board.append(_built(BoardFacts, {**record, "policies": policies}, place))
        case "sample":
            pile.sample.append(_sample(record, place))
        case "event":
            pile.event.append(_built(Event, record, place))
        case "end":
            pile.end.append(_built(End, record, place))
        case kind:
            raise RecordError(f"{place} is of the unknown kind {kind!r}; use the Pilab that wrote it.")


def _sample(record: dict[str, Any], place: str) -> Sample:
    during = record.get("during")
    seen = NOTHING_SEEN if during is None else _built(During, during, place)
    return _built(Sample, {**record, "during": seen}, place)


def _built(kind: type[T], record: Mapping[str, Any], place: str) -> T:
    """Make one record of this kind; keys that it does not know are for others."""
    taken: dict[str, Any] = {}
    for name, default, hint in _shape(kind):  # type: ignore[arg-type] # mypy takes no class for hashable
        value = record.get(name, default)
        if value is MISSING or not fits(value, hint):
            found = "is missing" if value is MISSING else f"is {value!r}"
            raise RecordError(f"'{name}' in {place.lower()} {found}; the file is damaged: take it out of its folder.")
        taken[name] = value
    return kind(**taken)


@cache
def _shape(kind: type) -> list[tuple[str, Any, Any]]:
    """Return name, default and type of each field; reading the types anew took most of the time of a full room."""
    hints = get_type_hints(kind)
    return [(each.name, each.default, hints[each.name]) for each in fields(kind)]
