"""What the board is like at one moment: clock, temperature, throttling and load beside a measurement."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.bench.commands import ask
from agent.bench.governor import policy_folders, read, read_number

if TYPE_CHECKING:
    from pathlib import Path

    from agent.bench.place import Place


@dataclass(frozen=True)
class Moment:
    """One look at the board; nothing where it cannot tell."""

    clock_khz: list[int | None] | None
    temperature_mc: int | None
    throttled: int | None
    load: float


def look(place: Place) -> Moment:
    """Look at the board now."""
    return Moment(
        clock_khz=clocks_khz(place.cpufreq),
        temperature_mc=temperature_mc(place.thermal),
        throttled=throttled(ask("vcgencmd", "get_throttled")),
        load=os.getloadavg()[0],
    )


def clocks_khz(cpufreq: Path) -> list[int | None] | None:
    """Read the clock of each policy."""
    return [read_number(folder / "scaling_cur_freq") for folder in policy_folders(cpufreq)] or None


def temperature_mc(thermal: Path) -> int | None:
    """Read the processor's temperature in thousandths of a degree: from the kernel, else from the firmware."""
    zones = sorted(thermal.glob("thermal_zone*"), key=lambda zone: "cpu" not in read(zone / "type"))
    known = [value for value in (read_number(zone / "temp") for zone in zones) if value is not None]
    return known[0] if known else firmware_temperature_mc(ask("vcgencmd", "measure_temp"))


def firmware_temperature_mc(answer: str) -> int | None:
    """Understand `temp=48.3'C`."""
    found = re.fullmatch(r"temp=(-?\d+(?:\.\d+)?)'C", answer)
    return round(float(found[1]) * 1000) if found else None


def throttled(answer: str) -> int | None:
    """Understand `throttled=0x50000`: bits 0-3 are now, 16-19 since the board was switched on."""
    found = re.fullmatch(r"throttled=(0x[0-9a-fA-F]+)", answer)
    return int(found[1], 16) if found else None
