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
        clock_khz=sensors.clocks_khz(paths.cpufreq),
        temperature_mc=temperature_mc(paths.thermal),
        throttled=firmware.throttled(),
        load=os.getloadavg()[0],
        agent_active=units.is_active(units.AGENT),
    )


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
