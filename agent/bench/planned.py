"""The samples of a plan, in blocks: each block has its share of the repetitions of everything, under each governor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from agent.bench.experiments import Experiment, Work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agent.bench.plan import Key, Plan, PlanEntry

# What differs from one part of a run to another, such as the heat of the room, shows only if everything is measured in
# several of them.
BLOCKS = 2


class Visit(NamedTuple):
    """One block under one governor."""

    block: int
    governor: str


@dataclass(frozen=True)
class PlannedSample:
    """One sample to be taken."""

    experiment: Experiment
    work: Work
    governor: str
    repetition: int
    block: int

    @property
    def key(self) -> Key:
        """What tells it from all others of the run."""
        return self.experiment.name, self.work.size, self.work.workers, self.governor, self.repetition

    def identity(self) -> dict[str, object]:
        """Tell which sample it is, as the records say it."""
        return {
            "experiment": self.experiment.name,
            "lesson": self.experiment.lesson,
            "bound": self.experiment.bound,
            "workers": self.work.workers,
            "size": self.work.size,
            "size_unit": self.experiment.size_unit,
            "governor": self.governor,
            "repetition": self.repetition,
            "block": self.block,
        }


def visits(plan: Plan, governors: Sequence[str]) -> list[Visit]:
    """List the parts of a run: all governors in turn, once per block."""
    return [Visit(block, name) for block in range(min(BLOCKS, plan.runs)) for name in governors]


def works(entry: PlanEntry, sizes: Sequence[int]) -> list[Work]:
    """List what an experiment is measured with: each size with each number of workers."""
    return [Work(size, workers, entry.step_bytes) for size in sizes for workers in entry.workers]


def samples(plan: Plan, sizes: Mapping[str, Sequence[int]], visit: Visit) -> list[PlannedSample]:
    """List the samples of one part that are not there yet; `sizes` has those of each experiment that can run."""
    blocks = min(BLOCKS, plan.runs)
    every = (
        PlannedSample(entry.experiment, work, visit.governor, repetition, visit.block)
        for entry in plan.entries
        for work in works(entry, sizes.get(entry.experiment.name, []))
        for repetition in range(plan.runs)
        if repetition * blocks // plan.runs == visit.block
    )
    return [sample for sample in every if sample.key not in plan.done]
