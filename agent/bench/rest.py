"""Waiting before a run until the board is as quiet and as cool as it was, though not for ever."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from agent.bench.moment import temperature_mc
from agent.board.kernel import read

if TYPE_CHECKING:
    from pathlib import Path

    from agent.bench.stop import Stop
    from agent.board.paths import Paths

# Long enough for ten ticks of the kernel's statistics on each core.
LOOK_S = 0.1
MOST_BUSY_CORES = 0.2
WARMER_MC = 5_000


@dataclass(frozen=True)
class Ticks:
    """What the cores have done since the board was switched on, in the kernel's ticks (proc(5), /proc/stat)."""

    busy: int
    all: int
    cores: int


@dataclass(frozen=True)
class Rested:
    """How long was waited, and how many cores something else kept busy at the end; nothing where that is unknown."""

    waited_s: float
    busy_cores: float | None


class Rest:
    """Pauses between runs; all of them together wait no longer for the board than the plan's patience."""

    def __init__(
        self, paths: Paths, patience_s: float, stop: Stop, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._paths = paths
        self._left_s = patience_s
        self._stop = stop
        self._sleep = sleep
        self._warm_mc: int | None = None
        self._known_mc: dict[str, int | None] = {}

    def note_temperature(self, governor: str) -> None:
        """Take the temperature of this moment for the one that the board has when it works under a governor.

        Under one that was here before, it is the one that was noted then.
        """
        if governor not in self._known_mc:
            self._known_mc[governor] = temperature_mc(self._paths.thermal)
        self._warm_mc = self._known_mc[governor]

    @property
    def is_over(self) -> bool:
        """Tell whether the patience is used up."""
        return self._left_s <= 0

    def wait(self) -> Rested:
        """Wait for quiet and for the temperature to be back."""
        waited_s = 0.0
        while True:
            busy = self._busy_cores()
            waited_s += LOOK_S
            if self.is_over or ((busy or 0.0) <= MOST_BUSY_CORES and not self._is_hot()):
                return Rested(round(waited_s, 3), busy)
            self._left_s -= LOOK_S

    def _busy_cores(self) -> float | None:
        before = ticks(self._paths.proc)
        self._sleep(LOOK_S)
        self._stop.check()
        return busy_cores(before, ticks(self._paths.proc))

    def _is_hot(self) -> bool:
        now_mc = temperature_mc(self._paths.thermal)
        return now_mc is not None and self._warm_mc is not None and now_mc > self._warm_mc + WARMER_MC


def ticks(proc: Path) -> Ticks | None:
    """Read what the cores have done; nothing if the kernel does not tell."""
    lines = _lines(proc)
    return _counted(lines[0], len(lines) - 1) if lines else None


def core_ticks(proc: Path) -> dict[int, Ticks]:
    """Read what each core has done, by its number."""
    return {int(line[0].removeprefix("cpu")): _counted(line, 1) for line in _lines(proc)[1:]}


def _lines(proc: Path) -> list[list[str]]:
    return [line.split() for line in read(proc / "stat").splitlines() if line.startswith("cpu")]


def _counted(line: list[str], cores: int) -> Ticks:
    user, nice, system, idle, iowait, irq, softirq, steal = map(int, line[1:9])
    busy = user + nice + system + irq + softirq + steal
    return Ticks(busy, busy + idle + iowait, cores)


def busy_by_core(before: dict[int, Ticks], after: dict[int, Ticks]) -> list[float | None]:
    """Tell for each core, by its number, what share of the time it was busy; nothing for one that is off."""
    return [busy_cores(before.get(core), after.get(core)) for core in range(max(after, default=-1) + 1)]


def busy_cores(before: Ticks | None, after: Ticks | None) -> float | None:
    """Tell how many cores were busy between two looks."""
    if before is None or after is None or after.all <= before.all:
        return None
    return round(after.cores * (after.busy - before.busy) / (after.all - before.all), 2)
