"""Programs run uncounted before they are timed: what fails shows, caches are warm, and memory and energy are seen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Protocol

from agent.bench.experiments import MEMORY, Experiment, Work
from agent.bench.needs import Needs, energy_of, memory_of, succeeded

if TYPE_CHECKING:
    from agent.bench.energy import EnergyMeter
    from agent.bench.measure import Measurement
    from agent.bench.output import Watch
    from agent.bench.planned import PlannedSample

# A program that touches memory says itself how much; looking at a gigabyte again and again would hold it up.
TELLS_ITS_MEMORY = MEMORY
Program = tuple[str, Work]


class Run(Protocol):
    """Runs one program once, as RunOnce does."""

    def __call__(
        self, experiment: Experiment, work: Work, *, watch: Watch | None = None, memory: bool = False
    ) -> Measurement:
        """Return what it cost; BenchError if it cannot be told."""


class WarmUp:
    """Remembers what programs need: memory once, energy under each governor where the board has a meter."""

    def __init__(self, run: Run, meter: EnergyMeter | None) -> None:
        self._run = run
        self._meter = meter
        self._memory: dict[Program, Needs] = {}
        self._energy_j: dict[tuple[Program, str], float | None] = {}

    def works(self, experiment: Experiment, works: list[Work], governor: str) -> list[Work]:
        """Return those of a program's works that must run now: the first, and each that something is unknown of."""
        return [
            work
            for work in works
            if work == works[0]
            or self._lacks_memory(experiment, work)
            or self._lacks_energy((experiment.name, work), governor)
        ]

    def once(self, experiment: Experiment, work: Work, governor: str) -> None:
        """Run a program at least once, and see what it needs if that is unknown; BenchError if it fails."""
        run = partial(self._run, experiment, work)
        program = experiment.name, work
        if self._lacks_memory(experiment, work):
            self._memory[program] = memory_of(run)
        elif self._meter is None or not self._lacks_energy(program, governor):
            succeeded(run())
        if self._meter is not None and self._lacks_energy(program, governor):
            self._energy_j[program, governor] = energy_of(run, self._meter)

    def needs(self, sample: PlannedSample) -> Needs:
        """Tell what the program of a sample needs."""
        program = sample.experiment.name, sample.work
        memory = self._memory.get(program, Needs())
        return Needs(memory.memory_bytes, memory.processes, self._energy_j.get((program, sample.governor)))

    def _lacks_memory(self, experiment: Experiment, work: Work) -> bool:
        return experiment.bound != TELLS_ITS_MEMORY and (experiment.name, work) not in self._memory

    def _lacks_energy(self, program: Program, governor: str) -> bool:
        return self._meter is not None and (program, governor) not in self._energy_j
