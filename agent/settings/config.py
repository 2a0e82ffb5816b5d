"""The agent's settings: a TOML file over defaults, every value checked before anything starts."""

from __future__ import annotations

import codecs
import re
import sys
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from agent.errors import ConfigError, reason
from agent.settings.circles import PRESETS, CircleSettings, make_settings
from agent.settings.rules import Number, OneOf, Rule, Text, Whole, YesNo, shown

if sys.version_info >= (3, 11):
    from tomllib import loads as parse_toml
else:
    from toml import loads as parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    Table = Mapping[str, Any]

SectionType = TypeVar("SectionType")

# The file has some 20 lines.
MOST_BYTES = 2**20
# Of UTF-8 and of UTF-16, as editors of Windows write them.
MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
COMMA = re.compile(r"=\s*[-+]?\d[\d.]*,[\d.,]*\s*(#.*)?$")

SOURCES = ("auto", "v4l2", "picamera2", "legacy", "file", "rendered")


def _setting(default: Any, rule: Rule, meaning: str = "") -> Any:  # noqa: ANN401 -- the type stands beside each setting
    """Describe a setting; one with a meaning is also set by a teacher, and `make generate` hands it on to Ansible."""
    return field(default=default, metadata={"rule": rule, "meaning": meaning})


@dataclass(frozen=True)
class CameraConfig:
    """Where frames come from."""

    source: str = _setting(
        "auto",
        OneOf(*SOURCES),
        "Where frames come from; auto picks by what the board has and writes why to its journal",
    )
    device: int = _setting(0, Whole(0, 63), "The number of the video device, or of the camera that picamera2 counts")
    path: str = _setting("", Text(), "The picture, or the folder of pictures, that the source file plays")
    # Slower than one frame in two seconds looks like a camera that hangs.
    fps: float = _setting(
        10.0,
        Number(0.5, 120, zero="as fast as circles are looked for"),
        "Frames per second of file and rendered",
    )
    width_px: int = _setting(640, Whole(16, 7680), "Width of a frame")
    height_px: int = _setting(480, Whole(16, 4320), "Height of a frame")
    loop: bool = _setting(
        default=True, rule=YesNo(), meaning="Whether the source file begins again after its last picture"
    )

    def __post_init__(self) -> None:
        if self.source == "file" and not self.path:
            raise ConfigError(
                "camera.path is ''; give the picture, folder or video that camera.source = \"file\" plays."
            )


@dataclass(frozen=True)
class CirclesConfig:
    """How circles are found."""

    detector: str = _setting("pilab", OneOf("pilab", "course"), "What finds the circles")
    preset: str = _setting(
        "course", OneOf(*PRESETS), "Which circles are looked for; close lets their centres be closer than 35 px"
    )
    # 0: as the preset has it.
    min_radius_px: float = _setting(0.0, Number(0, 4096))
    max_radius_px: float = _setting(0.0, Number(0, 4096))
    min_distance_px: float = _setting(0.0, Number(0, 4096))
    sensitivity: float = _setting(0.5, Number(0, 1), "More finds fainter circles, and more that are none")

    def settings(self) -> CircleSettings:
        """Return what the detector is to look for; ConfigError if the smallest radius is not the smallest."""
        return make_settings(
            self.preset,
            min_radius_px=self.min_radius_px or None,
            max_radius_px=self.max_radius_px or None,
            min_distance_px=self.min_distance_px or None,
            sensitivity=self.sensitivity,
        )

    def __post_init__(self) -> None:
        self.settings()


@dataclass(frozen=True)
class LedConfig:
    """What lights up, and for how long after the last circle."""

    pin: int = _setting(27, Whole(0, 27), "The LED's pin, in Broadcom's numbers")
    # A shorter time would fill the journal with an LED that flickers.
    hold_s: float = _setting(3.0, Number(0.1, 600), "How long the LED stays on after a circle was seen, in seconds")
    pins: str = _setting("auto", OneOf("auto", "mock"), "Real pins, or pretended ones on a board without any")
    active_high: bool = _setting(default=True, rule=YesNo(), meaning="Whether the LED lights when its pin is high")
    seen: int = _setting(
        1, Whole(1, 120), "The LED lights when circles were in so many of the last agent_led_of frames"
    )
    of: int = _setting(1, Whole(1, 120), "How many of the last frames count for agent_led_seen")

    def __post_init__(self) -> None:
        if self.seen > self.of:
            raise ConfigError(f"led.seen is {self.seen}; give a whole number from 1 to led.of, which is {self.of}.")


@dataclass(frozen=True)
class StatusConfig:
    """How others on this board may look in: counters on a local socket, pictures only if `view` is true."""

    # Nothing: in the folder that systemd made for the service, and no socket if there is none.
    socket: str = _setting("", Text())
    view: bool = _setting(
        default=False,
        rule=YesNo(),
        meaning="Whether snapshots may be looked at, by those who may be root on the board",
    )


@dataclass(frozen=True)
class Config:
    """All settings of the agent."""

    camera: CameraConfig
    circles: CirclesConfig
    led: LedConfig
    status: StatusConfig


def read_config(path: Path) -> Table:
    """Return the tables of a TOML file; ConfigError if there is none or it is not TOML."""
    text = _text(path)
    try:
        return parse_toml(text)
    except Exception as error:  # Debian's toml raises whatever comes (IndexError, TypeError, ...) for what is not TOML
        raise ConfigError(f"'{path}' is not TOML: {_cause(text, reason(error))}.") from error


def _text(path: Path) -> str:
    """Return what a file says; ConfigError if that is no text."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigError(f"'{path}' cannot be read: {getattr(error, 'strerror', None) or error}.") from error
    if len(content) > MOST_BYTES:
        raise ConfigError(f"'{path}' has more than {MOST_BYTES} bytes; give the file of the agent's settings.")
    if content.startswith(MARKS):
        raise ConfigError(f"'{path}' begins with a byte order mark; save it again as UTF-8 without one (BOM).")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"'{path}' is not UTF-8 in line {line}; save it again as UTF-8.") from error


def _cause(text: str, complaint: str) -> str:
    """Add to a parser's complaint what people get wrong most often."""
    lines = enumerate(text.splitlines(), start=1)
    commas = next((number for number, line in lines if COMMA.search(line)), None)
    return f"{complaint}; line {commas} has a comma in a number, write a point" if commas else complaint


def check_config(tables: Table) -> Config:
    """Put settings over the defaults; ConfigError names the first one that does not fit."""
    _refuse_unknown(tables, [section.name for section in fields(Config)], "")
    return Config(
        camera=_section("camera", tables, CameraConfig),
        circles=_section("circles", tables, CirclesConfig),
        led=_section("led", tables, LedConfig),
        status=_section("status", tables, StatusConfig),
    )


def _section(name: str, tables: Table, kind: type[SectionType]) -> SectionType:
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{name} is {shown(table)}; write it as a section, [{name}], with its settings below.")
    rules = {known.name: known.metadata["rule"] for known in fields(kind)}  # type: ignore[arg-type]
    _refuse_unknown(table, list(rules), f"{name}.")
    return kind(**{key: rules[key].check(f"{name}.{key}", value) for key, value in table.items()})


def _refuse_unknown(table: Table, known: list[str], prefix: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(
                f"{prefix}{_name(key)} is {shown(table[key])}, but there is no such setting; "
                f"known are {', '.join(known)}."
            )


def _name(key: str) -> str:
    return key if key.isidentifier() else shown(key)
