"""What a board is asked to do in a run, and the pauses between two attempts to reach one."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from threading import Event

    from fleet.bench.progress import Progress
    from fleet.suites import Plan

PILAB = "/opt/pilab/bin/pilab"
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
LONGEST_PAUSE_S = 8.0


@dataclass(frozen=True)
class Errand:
    """One run as a board is asked to do it."""

    plan: Plan
    folder: Path
    tell: Callable[[Progress], None]
    stop: Event
    pilab: str
    attempt: int = 1
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def command(self, action: str) -> str:
        """Write what the board is asked to do about this run."""
        return f"{shlex.quote(self.pilab)} bench {action} --run {self.plan.run}"


def growing_pauses() -> Iterator[float]:
    """Return pauses without end: short ones for a cable, long ones for a board that boots."""
    return chain(PAUSES_S, repeat(LONGEST_PAUSE_S))
