"""What a board may say of itself: names, types, ranges and lengths; nothing else of its answer is let in."""

# Without `from __future__ import annotations`: msgspec would look the names up in sys.modules, where files that Ansible
# and the tests load by their path need not be.
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

# A board with a hosts file of 200 KiB answers with less.
MOST_CHARACTERS = 1 << 20
# Before "\Z", because "$" would let a new line at the end pass.
Word = Annotated[str, Meta(max_length=64, pattern=r"\A[A-Za-z0-9_.+-]*\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\A[A-Za-z0-9_][A-Za-z0-9_.+@:-]*\Z")]
PolicyName = Annotated[str, Meta(pattern=r"\Apolicy[0-9]{1,4}\Z")]
# What the kernel allows (dev_valid_name of net/core/dev.c): IFNAMSIZ makes 15 letters at most.
Device = Annotated[str, Meta(pattern=r"\A(?!\.{1,2}\Z)[^\s/:\x00-\x1f\x7f-\x9f]{1,15}\Z")]
Line = Annotated[str, Meta(max_length=400, pattern=r"\A[^\x00-\x1f\x7f-\x9f]*\Z")]
Path = Annotated[str, Meta(max_length=400, pattern=r"\A/[^\x00-\x1f\x7f-\x9f]*\Z")]
Lines = Annotated[str, Meta(max_length=4000, pattern=r"\A[^\x00-\x08\x0b-\x1f\x7f-\x9f]*\Z")]
Text = Annotated[str, Meta(max_length=1 << 18)]
Core = Annotated[int, Meta(ge=0, le=4095)]
Seconds = Annotated[int, Meta(ge=-(10**12), le=10**12)]
Names = Annotated[list[Name], Meta(max_length=4000)]


class Part(Struct, kw_only=True, forbid_unknown_fields=True):
    """A part of an answer, of which every name is known."""


class Policy(Part):
    """A cpufreq policy."""

    governor: Word
    cores: Annotated[list[Core], Meta(max_length=4096)]
    available: Annotated[list[Word], Meta(max_length=64)]


class ConfigTxt(Part):
    """The config.txt of the firmware; the path is one at which something is written as root."""

    path: Literal["", "/boot/firmware/config.txt", "/boot/config.txt"]
    text: Text
    newer_than_boot: bool


class CloudInit(Part):
    """What cloud-init is told of the name: by user-data, if we can read that, and by our own settings file."""

    is_used: bool
    is_readable: bool
    user_data: Lines
    ours: Lines


class Wifi(Part):
    """The Wi-Fi devices."""

    devices: Annotated[list[Device], Meta(max_length=16)]
    has_network_manager: bool
    stays_awake: bool


class Packages(Part):
    """The packages, of those that were asked for; those unfinished can be any."""

    installed: Names
    available: Names
    unfinished: Names
    interrupted: bool


class Unit(Part):
    """A unit of systemd."""

    enabled: bool
    state: Word
    stale: bool
    deployment: Line


class Before(Part):
    """What board_before noted; all of it, or nothing on a board that is new."""

    schema: Literal[1] | UnsetType = UNSET
    at: Line | UnsetType = UNSET
    governors: Annotated[dict[PolicyName, Word], Meta(max_length=4096)] | UnsetType = UNSET
    default_governor: Word | UnsetType = UNSET
    hostname: Line | UnsetType = UNSET
    hosts: Text | UnsetType = UNSET
    user_data: Lines | UnsetType = UNSET
    had_account: bool | UnsetType = UNSET
    made_groups: Names | UnsetType = UNSET


class BoardLook(Part):
    """All that `board_seen.seen` returns."""

    release: Word
    system: Line
    model: Line
    userland: Word
    overlay: bool
    overlay_by: Line
    boot_is_read_only: bool
    bench_runs: bool
    has_bundle: bool
    config_txt: ConfigTxt
    memory_mib: Annotated[int, Meta(ge=0, le=1 << 24)]
    hostname: Line
    hosts: Text
    cloud_init: CloudInit
    wifi: Wifi
    before: Before
    governors: Annotated[dict[PolicyName, Policy], Meta(max_length=4096)]
    shows_clock: bool
    up_s: Seconds
    default_governor: Word
    own: Annotated[list[Path], Meta(max_length=1000)]
    lists_age_s: Seconds
    native_sources: Line
    packages: Packages
    units: Annotated[dict[Name, Unit], Meta(max_length=64)]
    imports: Annotated[dict[Name, bool], Meta(max_length=64)]
    groups: Annotated[list[Line], Meta(max_length=1000)]
    stale: Annotated[dict[Name, Annotated[list[Path], Meta(max_length=100)]], Meta(max_length=64)]
    clock_ahead_s: Seconds


DECODER = msgspec.json.Decoder(BoardLook)


class GateError(ValueError):
    """An answer is not what was asked for; its text says where."""


def let_in(answer: str, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what a board answered to the look, as plain values; GateError if any of it is not as promised.

    `wanted` is what the look was asked for: only names of it may come back.
    """
    if not answer:
        raise GateError("it is empty")
    if len(answer) > MOST_CHARACTERS:
        raise GateError(f"it has {len(answer)} characters, and {MOST_CHARACTERS} are the most")
    try:
        seen = DECODER.decode(answer)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise GateError(str(error)) from error
    found: dict[str, Any] = msgspec.to_builtins(seen)
    if trouble := not_asked_for(found, wanted):
        raise GateError(trouble)
    return found


def not_asked_for(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Return what in an answer names something else than was asked for, or nothing."""
    names = set(wanted.get("packages", {}).get(found["release"], []))
    checks = {
        "units": set(found["units"]) == set(wanted.get("units", [])),
        "imports": set(found["imports"]) == set(wanted.get("imports", [])),
        "stale": set(found["stale"]) == set(wanted.get("described", {})),
        "packages": names.issuperset(found["packages"]["installed"] + found["packages"]["available"]),
        "before": set(found["before"]) in (set(), set(Before.__struct_fields__)),
    }
    wrong = [name for name, is_right in checks.items() if not is_right]
    return f"{wrong[0]} has other names in it than those asked for" if wrong else ""
