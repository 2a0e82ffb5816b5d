"""The gate for what boards say to `invoke spread`: types, ranges, lengths; what does not pass: InvalidAnswerError.

Text passes unchanged: it is made visible where it is shown.
"""

from __future__ import annotations

from typing import Annotated, TypeVar, cast

from msgspec import Meta, Struct

from fleet.boards import answers
from fleet.errors import FleetError
from fleet.i18n import lazy

MOST_LOOK_BYTES = 65536
# A piece of a connection is 16 KiB, and a third more as text.
MOST_LINE_BYTES = 65536

Count = Annotated[int, Meta(ge=0, le=2**50)]
Hertz = Annotated[int, Meta(ge=0, le=10**8)]
Name = Annotated[str, Meta(max_length=200)]
Names = Annotated[tuple[Name, ...], Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=600)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Signed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Piece = Annotated[bytes, Meta(min_length=1, max_length=16384)]
Number = Annotated[int, Meta(ge=0, le=2**31)]


class InvalidAnswerError(FleetError):
    """A board said what no honest board says; the message tells what, without the board's name."""


class Policy(Struct, frozen=True):
    """Cores that share a clock."""

    name: Name = ""
    cpus: Annotated[tuple[Number, ...], Meta(max_length=1024)] = ()
    governor: Name = ""
    available: Names = ()
    min_khz: Hertz | None = None
    max_khz: Hertz | None = None


class Look(Struct, frozen=True, kw_only=True):
    """What a board says of itself; whatever else it says is left out."""

    dask: Annotated[str, Meta(max_length=40, pattern=r"\A[A-Za-z0-9.+~-]*\Z")]
    additions_per_s: Annotated[int, Meta(ge=0, le=10**12)]
    available_bytes: Count
    cores: Annotated[int, Meta(ge=1, le=1024)]
    bench_runs: bool
    agent_runs: bool
    simulated: bool
    hostname: Name = ""
    model: Name = ""
    serial: Name = ""
    revision: Name = ""
    memory_bytes: Count | None = None
    page_size_bytes: Count | None = None
    policies: Annotated[tuple[Policy, ...], Meta(max_length=64)] = ()
    release: Name = ""
    os_pretty: Name = ""
    kernel: Name = ""
    machine: Name = ""
    userland: Name = ""
    gcc: Name = ""
    python: Name = ""
    opencv: Name = ""
    virtualization: Name = ""


class Message(Struct, frozen=True, tag_field="kind", tag=str.lower, forbid_unknown_fields=True):
    """A line of a board."""


class Heartbeat(Message, frozen=True, tag="beat"):
    """It is there."""


class Ready(Message, frozen=True):
    """Dask runs."""


class Chunk(Message, frozen=True):
    """A chunk is done; the lead says by whom."""

    order: Number
    chunk: Number
    port: Port
    sum: Signed
    loop_ns: Signed


class WrongResult(Message, frozen=True, tag="odd"):
    """A board answered a chunk with something else; port 0 if Dask itself did."""

    order: Number
    chunk: Number
    port: Annotated[int, Meta(ge=0, le=65535)]
    words: Text


class Overdue(Message, frozen=True, tag="late"):
    """Nothing was done for long, and these boards have chunks."""

    order: Number
    ports: Annotated[tuple[Port, ...], Meta(max_length=1000)]


class RoundDone(Message, frozen=True, tag="round"):
    """All chunks of an order are done."""

    order: Number
    wall_ns: Signed


class LeadFault(Message, frozen=True, tag="fault"):
    """The lead cannot go on."""

    order: Number
    words: Text


class StreamMessage(Message, frozen=True):
    """What concerns one connection of Dask between the lead and another board."""

    peer: Port
    stream: Annotated[int, Meta(ge=1, le=2**31)]


class Open(StreamMessage, frozen=True):
    """A connection begins."""


class Data(StreamMessage, frozen=True):
    """A piece of what is said in it."""

    bytes: Piece


class Ack(StreamMessage, frozen=True):
    """Half a window of what was sent has been taken."""


class Shut(StreamMessage, frozen=True):
    """A connection ends."""


Kind = TypeVar("Kind")
ANY_MESSAGE = cast(
    "type[Message]",
    Heartbeat | Ready | Chunk | WrongResult | Overdue | RoundDone | LeadFault | Open | Data | Ack | Shut,
)
LONGEST_REASON = 200


def look(answer: str) -> Look:
    """Read what `spread look` answered; InvalidAnswerError."""
    if len(answer) > MOST_LOOK_BYTES:
        raise InvalidAnswerError(lazy("more than {most} bytes", most=MOST_LOOK_BYTES))
    return _read(Look, answer)


def too_long_a_line() -> str:
    """Say that no honest line is as long."""
    return lazy("a line of more than {most} bytes", most=MOST_LINE_BYTES)


def message(line: bytes) -> Message:
    """Read a line of a part that runs; InvalidAnswerError."""
    if len(line) > MOST_LINE_BYTES:
        raise InvalidAnswerError(too_long_a_line())
    return _read(ANY_MESSAGE, line)


def _read(kind: type[Kind], answer: str | bytes) -> Kind:
    try:
        return answers.read(kind, answer)
    except ValueError as error:
        raise InvalidAnswerError(str(error)[:LONGEST_REASON]) from error
