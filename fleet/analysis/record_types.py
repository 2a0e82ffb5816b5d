"""What the records of a board hold, typed and with the range of each value; `fleet.analysis.records` reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from msgspec import Meta

from fleet.analysis.condition import Condition
from fleet.gate import (
    Bytes,
    Count,
    Governor,
    Khz,
    Lesson,
    MilliC,
    Name,
    Ns,
    PolicyName,
    Program,
    Sentence,
    Sha256,
    Size,
    SomeBytes,
    SomeNs,
    Text,
    Throttled,
    Utc,
    Workers,
)

# A board looks ten times a second at most, beside a program that may take an hour.
MOST_LOOKS = 40_000
MOST_STEPS = 20_000
MOST_POLICIES = 1024
Clocks = Annotated[list[Khz | None], Meta(max_length=MOST_POLICIES)]
Cores = Annotated[float, Meta(ge=-4096, le=4096)]
Load = Annotated[float, Meta(ge=0, le=10**6)]


@dataclass(frozen=True, slots=True)
class Policy:
    """Cores that share one clock."""

    name: PolicyName
    cpus: Annotated[list[Annotated[int, Meta(ge=0, le=4095)]], Meta(max_length=4096)]
    governor: Text
    min_khz: Khz | None
    max_khz: Khz | None


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """What the board said it is."""

    hostname: Text
    model: Text
    release: Text
    os_pretty: Text
    kernel: Text
    machine: Text
    userland: Text
    cores: Annotated[int, Meta(ge=1, le=4096)]
    memory_bytes: Bytes
    page_size_bytes: Annotated[int, Meta(ge=512, le=2**24)]
    gcc: Text
    python: Text
    opencv: Text
    virtualization: Text
    simulated: bool
    agent_was_active: bool
    serial: Text = ""
    policies: Annotated[tuple[Policy, ...], Meta(max_length=MOST_POLICIES)] = ()


@dataclass(frozen=True, slots=True)
class During:
    """What was seen while a program ran: the same place in each list is the same moment, None unknown or unasked."""

    at_ms: Annotated[list[Annotated[int, Meta(ge=0, le=10**9)]], Meta(max_length=MOST_LOOKS)]
    clock_khz: Annotated[list[Khz | None], Meta(max_length=MOST_LOOKS)]
    temperature_mc: Annotated[list[MilliC | None], Meta(max_length=MOST_LOOKS)]
    throttled: Annotated[list[Throttled | None], Meta(max_length=MOST_LOOKS)]
    load: Annotated[list[Load], Meta(max_length=MOST_LOOKS)]
    cost_ns: Ns


NOTHING_SEEN = During([], [], [], [], [], 0)


class Step(TypedDict):
    """What a program that touches memory said of one step."""

    touched_bytes: SomeBytes
    resident_bytes: Bytes
    minor_faults: Count
    step_ns: Ns


class Output(TypedDict, total=False):
    """What Pilab understands of what a program said; whatever else it said goes no further than its file."""

    loop_ns: SomeNs
    page_bytes: SomeBytes
    steps: Annotated[list[Step], Meta(max_length=MOST_STEPS)]


@dataclass(frozen=True, slots=True)
class Sample:
    """One program, run once, and what the board was like beside it; nothing where the board cannot tell."""

    experiment: Program
    lesson: Lesson
    workers: Workers
    size: Size
    size_unit: Literal["additions", "bytes", "frames", "passes", "waits"]
    governor: Governor | Literal["unchanged"]
    index: Annotated[int, Meta(ge=0, le=10**6)]
    repetition: Annotated[int, Meta(ge=0, le=999)]
    wall_ns: SomeNs
    user_ns: Ns
    sys_ns: Ns
    peak_rss_bytes: Bytes
    minor_faults: Count
    major_faults: Count
    exit_status: Annotated[int, Meta(ge=-255, le=255)]
    output: Output | None
    planned: Annotated[int, Meta(ge=0, le=10**6)] = 0
    utc: Utc = ""
    bound: Literal["processor", "memory", "waiting"] = "processor"
    agent_active: bool = False
    busy_before_cores: Cores | None = None
    clock_before_khz: Clocks | None = None
    clock_after_khz: Clocks | None = None
    temperature_after_mc: MilliC | None = None
    throttled_before: Throttled | None = None
    throttled_after: Throttled | None = None
    # Which part of the run it belongs to: each part measures everything.
    block: Annotated[int, Meta(ge=0, le=999)] = 0
    during: During = NOTHING_SEEN

    @property
    def work_ns(self) -> int:
        """The time of the work itself, without the start of the program, where the program tells it."""
        return (self.output or {}).get("loop_ns", self.wall_ns)

    @property
    def utilisation(self) -> float:
        """How many processors it kept busy on average."""
        return (self.user_ns + self.sys_ns) / self.wall_ns

    @property
    def condition(self) -> Condition:
        """What it has in common with its repetitions."""
        return Condition(self.experiment, self.size, self.workers, self.governor)

    @property
    def key(self) -> tuple[str, int, int, str, int]:
        """What tells it from all others of a run: its condition, and which repetition it is."""
        return (*self.condition, self.repetition)

    @property
    def description(self) -> tuple[str, str, str]:
        """What every sample of its program says alike: the lesson, what its size counts, and what bounds it."""
        return self.lesson, self.size_unit, self.bound


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened besides measuring, as a sentence."""

    what: Name
    message: Sentence


@dataclass(frozen=True, slots=True)
class End:
    """The last record: nothing is missing before it."""

    status: Literal["done", "stopped", "failed"]
    samples: Annotated[int, Meta(ge=0, le=10**6)]
    sha256: Sha256


Record = BoardFacts | Sample | Event | End
KINDS: dict[str, type[BoardFacts | Sample | Event | End]] = {
    "board": BoardFacts, "sample": Sample, "event": Event, "end": End
}  # fmt: skip
