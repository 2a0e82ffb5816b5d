"""What a board may say of itself to the doctor: names, types, ranges and lengths; nothing else is let in."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from fleet.boards import answers
from fleet.gate import Bytes, MilliC, Throttled  # noqa: TC001 (msgspec reads the types at run time)

# A config.txt of the longest kind that the playbooks take, and lists at their bounds.
MOST_BYTES = 2**20
Line = Annotated[str, Meta(max_length=400, pattern=r"\A[^\x00-\x1f\x7f-\x9f]*\Z")]
Word = Annotated[str, Meta(max_length=64, pattern=r"\A[A-Za-z0-9_.+-]*\Z")]
Package = Annotated[str, Meta(max_length=128, pattern=r"\A[A-Za-z0-9_][A-Za-z0-9_.+@:-]*\Z")]
# What the kernel allows (dev_valid_name of net/core/dev.c).
Device = Annotated[str, Meta(pattern=r"\A(?!\.{1,2}\Z)[^\s/:\x00-\x1f\x7f-\x9f]{1,15}\Z")]
PolicyName = Annotated[str, Meta(pattern=r"\Apolicy[0-9]{1,4}\Z")]
Lines = Annotated[str, Meta(max_length=4000, pattern=r"\A[^\x00-\x08\x0b-\x1f\x7f-\x9f]*\Z")]
Units = Annotated[str, Meta(max_length=16_000)]
Text = Annotated[str, Meta(max_length=1 << 18)]
Seconds = Annotated[int, Meta(ge=-(10**12), le=10**12)]
Number = Annotated[int, Meta(ge=0, le=2**53)]
Pid = Annotated[int, Meta(ge=1, le=2**22)]
Core = Annotated[int, Meta(ge=0, le=4095)]
Chip = Annotated[int, Meta(ge=0, le=4095)]


class Process(Struct):
    """A process of a board."""

    pid: Pid
    name: Line


class Disk(Struct):
    """The file system that the card holds."""

    size_bytes: Bytes
    free_bytes: Bytes
    files: Number
    free_files: Number


class CardErrors(Struct):
    """How often the kernel failed to use the card, and what it said last."""

    count: Number
    last: Line


class CloudInit(Struct):
    """What cloud-init is told of the name at each start."""

    is_used: bool
    is_readable: bool
    user_data: Lines
    ours: Lines
    is_off: bool


class ConfigTxt(Struct):
    """What the firmware is told."""

    # It stands in commands.
    path: Literal["", "/boot/firmware/config.txt", "/boot/config.txt"]
    text: Text
    newer_than_boot: bool


class Policy(Struct):
    """Cores that share one clock."""

    governor: Word
    cores: Annotated[list[Core], Meta(max_length=4096)]
    available: Annotated[list[Word], Meta(max_length=64)]


class Governor(Struct):
    """The governor that the role set, and for which cores."""

    name: Word
    cores: Annotated[str, Meta(pattern=r"\A(all|[0-9]{1,4}([,-][0-9]{1,4}){0,64})\Z")]


class WifiDevice(Struct):
    """A Wi-Fi device; nobody can tell of some whether they sleep."""

    name: Device
    is_up: bool
    sleeps: bool | None


class Wifi(Struct):
    """All Wi-Fi devices together."""

    devices: Annotated[list[WifiDevice], Meta(max_length=16)]
    is_wanted: bool
    is_blocked: bool
    is_switched_off: bool
    country: Annotated[str, Meta(pattern=r"\A([A-Z0-9]{2})?\Z")]


class Facts(Struct, kw_only=True):
    """What a board told; None, or empty, is what it cannot tell."""

    is_root: bool
    untold: Annotated[list[Line], Meta(max_length=16)]
    python: Word
    units: Units
    clock_ahead_s: Seconds
    throttled: Throttled | None
    temperature_mc: MilliC | None
    header_chip: tuple[Chip, Line] | None
    chips_are_closed: bool
    model: Line = ""
    serial: Word = ""
    machine_id: Word = ""
    memory_mib: Annotated[int, Meta(ge=0, le=1 << 24)] = 0
    page_bytes: Annotated[int, Meta(ge=0, le=1 << 20)] = 0
    kernel: Line = ""
    machine: Word = ""
    virtualization: Word = ""
    release: Word = ""
    system: Line = ""
    userland: Word = ""
    hostname: Line = ""
    up_s: Seconds = 0
    cloud_init: CloudInit | None = None
    disk: Disk | None = None
    root_is_read_only: bool = False
    read_only_by_fstab: bool = False
    overlay_by: Line = ""
    card_errors: CardErrors | None = None
    config_txt: ConfigTxt | None = None
    governors: Annotated[dict[PolicyName, Policy], Meta(max_length=4096)] | None = None
    governor_set: Governor | None = None
    bench_runs: bool = False
    wifi: Wifi | None = None
    cameras: Annotated[list[Line], Meta(max_length=20)] | None = None
    can_list_cameras: bool = False
    camera_users: Annotated[list[Process], Meta(max_length=20)] = []
    unfinished: Annotated[list[Package], Meta(max_length=20)] = []
    was_interrupted: bool = False
    gpio_packages: Annotated[list[Package], Meta(max_length=8)] = []
    apt_holder: Process | None = None


def read(answer: str) -> Facts:
    """Let in what a board printed last, after whatever a log-in prints; MisfitError if it does not fit."""
    return answers.read(Facts, answer.rstrip().rpartition("\n")[2], "what it says of itself")
