"""What the kernel's files say of the board at this moment: clocks, temperature, throttling. No program is started."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.board.cpufreq import policy_folders
from agent.board.kernel import read, read_number

if TYPE_CHECKING:
    from pathlib import Path

# Raspberry Pi's kernel hands the firmware's bits on here.
THROTTLED = "devices/platform/soc*/soc*:firmware/get_throttled"
HEX = re.compile(r"(0x)?[0-9a-fA-F]+")


def clocks_khz(cpufreq: Path) -> list[int | None] | None:
    """Read the clock of each policy."""
    return [read_number(folder / "scaling_cur_freq") for folder in policy_folders(cpufreq)] or None


def lowest_clock_khz(cpufreq: Path) -> int | None:
    """Read the clock of the slowest cores."""
    return min((clock for clock in clocks_khz(cpufreq) or () if clock is not None), default=None)


def temperature_mc(thermal: Path) -> int | None:
    """Read the temperature of the processor's zone, or of any; the kernel of a Pi has one, others may have none."""
    zones = sorted(thermal.glob("thermal_zone*"), key=lambda zone: "cpu" not in read(zone / "type"))
    known = (read_number(zone / "temp") for zone in zones)
    return next((value for value in known if value is not None), None)


def throttled(sysfs: Path) -> int | None:
    """Read the firmware's bits, as far as the kernel knows them."""
    known = (throttle_bits(read(file)) for file in sysfs.glob(THROTTLED))
    return next((bits for bits in known if bits is not None), None)


def throttle_bits(text: str) -> int | None:
    """Understand the bits with or without 0x: bits 0-3 are now, 16-19 since the board was switched on."""
    return int(text, 16) if HEX.fullmatch(text) else None
