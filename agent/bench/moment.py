"""What the board is like before and after a run, and what it costs to look."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from agent.board import firmware, sensors, units

if TYPE_CHECKING:
    from pathlib import Path

    from agent.bench.rest import Rested
    from agent.board.paths import Paths


@dataclass(frozen=True)
class Moment:
    """One look at the board; nothing where it cannot tell."""

    clock_khz: list[int | None] | None
    temperature_mc: int | None
    throttled: int | None
    firmware_clock_khz: int | None
    load: float
    agent_active: bool


def look(paths: Paths) -> Moment:
    """Look at the board now."""
    return Moment(
        clock_khz=sensors.clocks_khz(paths.cpufreq),
        temperature_mc=temperature_mc(paths.thermal),
        throttled=firmware.throttled(),
        firmware_clock_khz=firmware.clock_khz(),
        load=os.getloadavg()[0],
        agent_active=units.is_active(units.AGENT),
    )


def conditions(rested: Rested, before: Moment, after: Moment) -> dict[str, object]:
    """Tell what the board was like before and after a run, as the records say it."""
    return {
        "rested_s": rested.waited_s,
        "busy_before_cores": rested.busy_cores,
        "clock_before_khz": before.clock_khz,
        "clock_after_khz": after.clock_khz,
        "firmware_clock_before_khz": before.firmware_clock_khz,
        "firmware_clock_after_khz": after.firmware_clock_khz,
        "temperature_before_mc": before.temperature_mc,
        "temperature_after_mc": after.temperature_mc,
        "throttled_before": before.throttled,
        "throttled_after": after.throttled,
        "load_before": before.load,
        "agent_active": before.agent_active or after.agent_active,
    }


def temperature_mc(thermal: Path) -> int | None:
    """Read the processor's temperature in thousandths of a degree: from the kernel, else from the firmware."""
    known = sensors.temperature_mc(thermal)
    return firmware.temperature_mc() if known is None else known


def cost_ns(deed: Callable[[], object]) -> int:
    """Do something; return the processor time that it cost, its programs' included."""
    before_ns = _spent_ns()
    deed()
    return _spent_ns() - before_ns


def _spent_ns() -> int:
    """Count this thread, and the programs that have ended: what is being measured has not."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.thread_time_ns() + round((ended.ru_utime + ended.ru_stime) * 1e9)
