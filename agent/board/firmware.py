"""What only the firmware knows, asked through vcgencmd: a program that needs a device which could do much more."""

from __future__ import annotations

import re

from agent.board.programs import ask
from agent.board.sensors import throttle_bits

# What vcgencmd asks: the new one, and the one of bullseye.
DEVICES = ("/dev/vcio", "/dev/vchiq")


def temperature_mc() -> int | None:
    """Ask for the processor's temperature in thousandths of a degree."""
    return parse_temperature_mc(ask("vcgencmd", "measure_temp"))


def parse_temperature_mc(answer: str) -> int | None:
    """Understand `temp=48.3'C`."""
    found = re.fullmatch(r"temp=(-?\d+(?:\.\d+)?)'C", answer)
    return round(float(found[1]) * 1000) if found else None


def throttled() -> int | None:
    """Ask for the bits; the kernel's own file can say 0 while the firmware says otherwise (linux issue 2367)."""
    return parse_throttled(ask("vcgencmd", "get_throttled"))


def parse_throttled(answer: str) -> int | None:
    """Understand `throttled=0x50000`."""
    name, _, bits = answer.partition("=")
    return throttle_bits(bits) if name == "throttled" else None
