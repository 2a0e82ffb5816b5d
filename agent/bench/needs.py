"""What a program needs besides time: memory and energy, seen in uncounted runs, because the looking lengthens them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from agent.errors import BenchError

if TYPE_CHECKING:
    from agent.bench.energy import EnergyMeter
    from agent.bench.measure import Measurement
    from agent.bench.output import Watch

# Half a second of looks tells the power well enough; a program too short for that is run again.
ENOUGH_LOOKS = 5
MOST_RUNS = 3


class RunOnce(Protocol):
    """Runs a program once: watched by somebody, with its memory looked at or not."""

    def __call__(self, *, watch: Watch | None = None, memory: bool = False) -> Measurement:
        """Return what it cost; BenchError if it cannot be told."""


@dataclass(frozen=True)
class Needs:
    """What one program took with one number of workers; nothing where that is unknown.

    `memory_bytes` is the most that all its processes took together, a page that several share counted once; where it
    is unknown, a sample has only the peak of its largest process. `energy_j` is that of one run, in joules.
    """

    memory_bytes: int | None = None
    processes: int | None = None
    energy_j: float | None = None

    def as_json(self) -> dict[str, object]:
        """Return it as samples have it, with the source of the figure."""
        return {
            "memory_bytes": self.memory_bytes,
            "memory_source": "peak-rss" if self.memory_bytes is None else "pss-sum",
            "processes": self.processes,
            "energy_j": None if self.energy_j is None else round(self.energy_j, 4),
        }


def memory_of(run: RunOnce) -> Needs:
    """Run a program and look at its memory; BenchError if it fails."""
    usage = succeeded(run(memory=True)).usage
    if not usage["memory_bytes"]:
        return Needs()
    return Needs(usage["memory_bytes"], usage["processes"])


def energy_of(run: RunOnce, meter: EnergyMeter) -> float | None:
    """Run a program until its power was told often enough; return the joules of one run. BenchError if it fails."""
    found: list[float] = []
    looks = 0
    for _ in range(MOST_RUNS):
        wall_s = succeeded(run(watch=meter)).usage["wall_ns"] / 1e9
        energy_j = meter.energy_j(wall_s)
        found += [] if energy_j is None else [energy_j]
        looks += meter.looks
        if looks >= ENOUGH_LOOKS:
            break
    return sum(found) / len(found) if found else None


def succeeded(outcome: Measurement) -> Measurement:
    """Return the measurement of a program that did its work; BenchError if it failed."""
    if outcome.failure:
        raise BenchError(outcome.failure)
    return outcome
