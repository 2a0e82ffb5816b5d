"""What a board is asked to do in a run, and how much of it there can be."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.boards.stream import Limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from threading import Event

    from fleet.bench.progress import Progress
    from fleet.suites import Plan

# Records of the longest suite take some 4 MB, and a line of them with all that was seen during two minutes some 100 kB.
RECORDS = Limits(32 * 2**20, 2**20)
# Beside samples: what was skipped, what failed, what interrupted.
MOST_EVENTS = 10_000
# To find a size, a program is run this often at most.
CALIBRATIONS = 20
# Before it is timed, under each governor: once for its memory, three times at most for its energy.
WARM_UPS = 4


@dataclass(frozen=True)
class JobContext:
    """One run as a board is asked to do it."""

    plan: Plan
    folder: Path
    tell: Callable[[Progress], None]
    stop: Event
    pilab: str
    attempt: int = 1
    limits: Limits = RECORDS
    most_events: int = MOST_EVENTS
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def command(self, action: str) -> str:
        """Write what the board is asked to do about this run."""
        return f"{shlex.quote(self.pilab)} bench {action} --run {self.plan.run}"

    @property
    def most_records(self) -> int:
        """How many records the run can have at most."""
        return self._samples + self.most_events

    @property
    def longest_s(self) -> float:
        """How long the run can take at most, if every program takes as long as one may."""
        programs = self._samples + WARM_UPS * self._conditions + CALIBRATIONS * len(self.plan.experiments)
        return programs * self.plan.timeout_s + self.plan.patience_s

    @property
    def _samples(self) -> int:
        return self._conditions * self.plan.runs

    @property
    def _conditions(self) -> int:
        """How many programs there are by size, workers and governor."""
        of_each = [len(each.get("sizes", [0])) * len(each["workers"]) for each in self.plan.experiments]
        return sum(of_each) * max(1, len(self.plan.governors))
