"""The measuring itself: the plan's experiments under each governor, in an order that favours none of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, TypeVar

from agent.bench.experiments import Experiment, Work
from agent.bench.measure import Measurement, measure
from agent.bench.moment import Moment, look
from agent.bench.monitor import Monitor
from agent.bench.rest import Rest, Rested
from agent.bench.sizes import sentence, sizes
from agent.bench.tuning import UNCHANGED
from agent.board import cpufreq
from agent.board.clock import utc
from agent.errors import BenchError

if TYPE_CHECKING:
    from agent.bench.plan import Key, Plan, PlanEntry
    from agent.bench.records import RecordWriter
    from agent.bench.stop import Stop
    from agent.board.paths import Paths

NS_PER_S = 1_000_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class PlannedSample:
    """One sample to be taken."""

    experiment: Experiment
    work: Work
    governor: str
    repetition: int

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
        }


class Session:
    """Takes the samples of one plan."""

    def __init__(self, plan: Plan, paths: Paths, records: RecordWriter, stop: Stop) -> None:
        self._plan = plan
        self._paths = paths
        self._records = records
        self._stop = stop
        self._monitor = Monitor(paths)
        self._rest = Rest(paths, plan.patience_s, stop)
        self._sizes: dict[str, list[int]] = {}
        self._index = 0
        self._planned = 0
        self._order = random.Random(plan.seed)  # noqa: S311 - an order that can be repeated, not a secret

    def measure_under(self, governors: list[str]) -> None:
        """Take all samples under one governor after the other; sizes are found once, under the first."""
        for name in governors:
            self._set(name)
            if name == governors[0]:
                self._find_sizes()
                self._planned = sum(len(self._samples(each)) for each in governors)
            self._warm_up()
            self._rest.note_temperature()
            for sample in self._shuffled(name):
                self._take(sample)
                self._index += 1

    def _set(self, name: str) -> None:
        if name == UNCHANGED:
            return
        cpufreq.set_everywhere(self._paths.cpufreq, name)
        self._records.event("governor-set", f"All cores have the governor '{name}'.", governor=name)

    def _find_sizes(self) -> None:
        for entry in self._plan.entries:
            name, lacking = entry.experiment.name, entry.experiment.lacks()
            if lacking:
                self._records.event("left-out", f"{name} is left out: {lacking}", experiment=name)
                continue
            found = self._attempt(entry, self._sizes_of)
            if found is not None:
                self._sizes[name] = found
                unit = entry.experiment.size_unit
                self._records.event("calibrated", sentence(entry, found), experiment=name, sizes=found, size_unit=unit)

    def _sizes_of(self, entry: PlanEntry) -> list[int]:
        target_ns = round(self._plan.target_s * NS_PER_S)
        return sizes(entry, self._paths, target_ns, lambda experiment, work: self._run(experiment, work).loop_ns)

    def _warm_up(self) -> None:
        """Run everything once uncounted; what fails here is not tried again."""
        for entry in self._plan.entries:
            if entry.experiment.name in self._sizes and not self._attempt(entry, self._warm_run):
                del self._sizes[entry.experiment.name]

    def _warm_run(self, entry: PlanEntry) -> bool:
        work = Work(self._sizes[entry.experiment.name][0], entry.workers[0], entry.step_bytes)
        failure = self._run(entry.experiment, work).failure
        if failure:
            raise BenchError(failure)
        return True

    def _attempt(self, entry: PlanEntry, deed: Callable[[PlanEntry], T]) -> T | None:
        """Do something that an experiment may fail at; the failure is recorded and the rest goes on."""
        try:
            return deed(entry)
        except BenchError as error:
            self._record_failure(entry.experiment, str(error))
            return None

    def _samples(self, name: str) -> list[PlannedSample]:
        every = (
            PlannedSample(entry.experiment, Work(size, workers, entry.step_bytes), name, repetition)
            for entry in self._plan.entries
            for size in self._sizes.get(entry.experiment.name, [])
            for workers in entry.workers
            for repetition in range(self._plan.runs)
        )
        return [sample for sample in every if sample.key not in self._plan.done]

    def _shuffled(self, name: str) -> list[PlannedSample]:
        samples = self._samples(name)
        return self._order.sample(samples, len(samples))

    def _take(self, sample: PlannedSample) -> None:
        rested = self._rested()
        before = look(self._paths)
        try:
            outcome = self._run(sample.experiment, sample.work)
        except BenchError as error:
            self._record_failure(sample.experiment, str(error), **sample.identity())
            return
        number = {"index": self._index, "planned": self._planned, "utc": utc()}
        measured = {**outcome.usage, "output": outcome.output}
        around = conditions(rested, before, look(self._paths))
        during = {"during": self._monitor.seen.as_json()}
        self._records.write("sample", {**sample.identity(), **number, **measured, **around, **during})
        if outcome.failure:
            self._record_failure(sample.experiment, outcome.failure, **sample.identity())

    def _rested(self) -> Rested:
        """Wait for the board; when it has been waited for long enough altogether, that is measured once."""
        was_over = self._rest.is_over
        rested = self._rest.wait()
        if self._rest.is_over and not was_over:
            waited = f"It was waited for {self._plan.patience_s:g} s in all for the board to become quiet and cool"
            self._records.event("restless", f"{waited}; the rest is measured as it is.")
        return rested

    def _run(self, experiment: Experiment, work: Work) -> Measurement:
        command = experiment.command(self._paths, work)
        return measure(command, self._paths, self._plan.timeout_s, self._stop, self._monitor)

    def _record_failure(self, experiment: Experiment, message: str, **fields: object) -> None:
        self._records.event("failed", message, **{"experiment": experiment.name, **fields})


def conditions(rested: Rested, before: Moment, after: Moment) -> dict[str, object]:
    """Tell what the board was like before and after a run, as the records say it."""
    return {
        "rested_s": rested.waited_s,
        "busy_before_cores": rested.busy_cores,
        "clock_before_khz": before.clock_khz,
        "clock_after_khz": after.clock_khz,
        "temperature_before_mc": before.temperature_mc,
        "temperature_after_mc": after.temperature_mc,
        "throttled_before": before.throttled,
        "throttled_after": after.throttled,
        "load_before": before.load,
        "agent_active": before.agent_active or after.agent_active,
    }
