"""How much one run of each experiment does on this board: found by trying, or as the plan says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from agent.bench.experiments import BYTES, Experiment, Work
from agent.board.calibrate import capped_bytes, fitting_size
from agent.board.facts import available_bytes

if TYPE_CHECKING:
    from agent.bench.plan import PlanEntry
    from agent.board.paths import Paths

Timed = Callable[[Experiment, Work], int]


def sizes(entry: PlanEntry, paths: Paths, target_ns: int, loop_ns_of: Timed) -> list[int]:
    """Return the sizes of an experiment; BenchError if none can be found."""
    experiment = entry.experiment
    if experiment.size_unit == BYTES:
        available = available_bytes(paths)
        return list(dict.fromkeys(capped_bytes(size, available) for size in entry.sizes))
    return list(entry.sizes) or [
        fitting_size(lambda size: loop_ns_of(experiment, Work(size)), target_ns, experiment.first_size)
    ]


def sentence(entry: PlanEntry, found: list[int]) -> str:
    """Say which sizes it became, and why where they are not those of the plan."""
    unit = entry.experiment.size_unit
    words = f"A run of {entry.experiment.name} is {' or '.join(map(str, found))} {unit}"
    capped = [size for size in entry.sizes if size not in found]
    reason = f", not {' or '.join(map(str, capped))}, because half of the free memory is no more" if capped else ""
    return f"{words}{reason}."
