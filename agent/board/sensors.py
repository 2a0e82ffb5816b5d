"""What the board is like at one moment: clock, temperature, throttling and load beside a measurement."""

from __future__ import annotations

import os
import re
import resource
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from agent.board import units
from agent.board.cpufreq import policy_folders, read, read_number
from agent.board.programs import ask

if TYPE_CHECKING:
    from pathlib import Path

    from agent.board.paths import Paths


@dataclass(frozen=True)
class Moment:
    """One look at the board; nothing where it cannot tell."""

    clock_khz: list[int | None] | None
    temperature_mc: int | None
    throttled: int | None
    load: float
    agent_active: bool


def look(paths: Paths) -> Moment:
    """Look at the board now."""
    return Moment(
        clock_khz=clocks_khz(paths.cpufreq),
        temperature_mc=temperature_mc(paths.thermal),
        throttled=throttled_now(),
        load=os.getloadavg()[0],
        agent_active=units.is_active(units.AGENT),
    )


def clocks_khz(cpufreq: Path) -> list[int | None] | None:
    """Read the clock of each policy."""
    return [read_number(folder / "scaling_cur_freq") for folder in policy_folders(cpufreq)] or None


def lowest_clock_khz(cpufreq: Path) -> int | None:
    """Read the clock of the slowest cores."""
    return min((clock for clock in clocks_khz(cpufreq) or () if clock is not None), default=None)


def temperature_mc(thermal: Path) -> int | None:
    """Read the processor's temperature in thousandths of a degree: from the kernel, else from the firmware."""
    known = kernel_temperature_mc(thermal)
    return firmware_temperature_mc(ask("vcgencmd", "measure_temp")) if known is None else known


def kernel_temperature_mc(thermal: Path) -> int | None:
    """Read the temperature of the processor's zone, or of any; the kernel of a Pi has one, others may have none."""
    zones = sorted(thermal.glob("thermal_zone*"), key=lambda zone: "cpu" not in read(zone / "type"))
    known = (read_number(zone / "temp") for zone in zones)
    return next((value for value in known if value is not None), None)


def firmware_temperature_mc(answer: str) -> int | None:
    """Understand `temp=48.3'C`."""
    found = re.fullmatch(r"temp=(-?\d+(?:\.\d+)?)'C", answer)
    return round(float(found[1]) * 1000) if found else None


def throttled_now() -> int | None:
    """Ask the firmware; the kernel's own file can say 0 while the firmware says otherwise (linux issue 2367)."""
    return throttled(ask("vcgencmd", "get_throttled"))


def throttled(answer: str) -> int | None:
    """Understand `throttled=0x50000`: bits 0-3 are now, 16-19 since the board was switched on."""
    found = re.fullmatch(r"throttled=(0x[0-9a-fA-F]+)", answer)
    return int(found[1], 16) if found else None


def cost_ns(deed: Callable[[], object]) -> int:
    """Do something; return the processor time that it cost, its programs' included."""
    before_ns = _spent_ns()
    deed()
    return _spent_ns() - before_ns


def _spent_ns() -> int:
    """Count this thread, and the programs that have ended: what is being measured has not."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.thread_time_ns() + round((ended.ru_utime + ended.ru_stime) * 1e9)
