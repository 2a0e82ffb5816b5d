"""The measuring itself: the plan's experiments in blocks under each governor, in an order that favours none of them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from agent.bench import planned
from agent.bench.energy import NO_METER, WHAT_IS_MEASURED, EnergyMeter
from agent.bench.measure import Measurement, measure
from agent.bench.moment import conditions, look
from agent.bench.monitor import Monitor
from agent.bench.rest import Rest, Rested, busy_by_core, core_ticks
from agent.bench.sizes import sentence, sizes
from agent.bench.throttling import ThrottleHistory
from agent.bench.tuning import UNCHANGED
from agent.bench.warm_up import WarmUp
from agent.board import cpufreq, firmware
from agent.board.clock import utc
from agent.errors import BenchError

if TYPE_CHECKING:
    from agent.bench.experiments import Experiment, Work
    from agent.bench.output import Watch
    from agent.bench.plan import Plan, PlanEntry
    from agent.bench.planned import PlannedSample, Visit
    from agent.bench.records import RecordWriter
    from agent.bench.stop import Stop
    from agent.board.paths import Paths

NS_PER_S = 1_000_000_000
# What fails this often is not run any more: each time may take as long as a program may.
MOST_FAILURES = 2


class Session:
    """Takes the samples of one plan."""

    def __init__(self, plan: Plan, paths: Paths, records: RecordWriter, stop: Stop) -> None:
        self._plan = plan
        self._paths = paths
        self._records = records
        self._stop = stop
        self._monitor = Monitor(paths)
        meter = None if firmware.power_w() is None else EnergyMeter()
        self._warm = WarmUp(self._run, meter)
        self._energy = ("no-energy", NO_METER) if meter is None else ("energy", WHAT_IS_MEASURED)
        self._history = ThrottleHistory(paths, records)
        self._rest = Rest(paths, plan.patience_s, stop)
        self._sizes: dict[str, list[int]] = {}
        self._warmed: set[str] = set()
        self._failures: Counter[tuple[str, Work]] = Counter()
        self._index = 0
        self._planned = 0
        self._order = random.Random(plan.seed)  # noqa: S311 - an order that can be repeated, not a secret

    def measure_under(self, governors: list[str]) -> None:
        """Take all samples, block by block under one governor after the other; sizes are found once, at the first."""
        self._records.event(*self._energy)
        visits = planned.visits(self._plan, governors)
        self._set(governors[0])
        self._find_sizes()
        self._planned = sum(len(self._samples(each)) for each in visits)
        for visit in visits:
            if self._samples(visit):
                self._set(visit.governor)
                self._warm_up(visit.governor)
                self._rest.note_temperature(visit.governor)
                for sample in self._shuffled(visit):
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
            try:
                found = self._sizes_of(entry)
            except BenchError as error:
                self._records.event("failed", f"{name}: {error}", experiment=name)
                continue
            self._sizes[name] = found
            unit = entry.experiment.size_unit
            self._records.event("calibrated", sentence(entry, found), experiment=name, sizes=found, size_unit=unit)

    def _sizes_of(self, entry: PlanEntry) -> list[int]:
        target_ns = round(self._plan.target_s * NS_PER_S)
        return sizes(entry, self._paths, target_ns, lambda experiment, work: self._run(experiment, work).loop_ns)

    def _warm_up(self, governor: str) -> None:
        """Run programs uncounted, once under each governor; what fails here is not tried again."""
        if governor in self._warmed:
            return
        self._warmed.add(governor)
        for entry in self._plan.entries:
            works = planned.works(entry, self._sizes.get(entry.experiment.name, []))
            for work in self._warm.works(entry.experiment, works, governor):
                self._warm_run(entry.experiment, work, governor)

    def _warm_run(self, experiment: Experiment, work: Work, governor: str) -> None:
        if self._is_given_up(experiment, work):
            return
        try:
            self._warm.once(experiment, work, governor)
        except BenchError as error:
            message = f"{_described(experiment, work, governor)} before it was timed: {error}"
            self._records.event("failed", message, experiment=experiment.name, workers=work.workers, governor=governor)
            self._failures[experiment.name, work] = MOST_FAILURES

    def _is_given_up(self, experiment: Experiment, work: Work) -> bool:
        return self._failures[experiment.name, work] >= MOST_FAILURES

    def _samples(self, visit: Visit) -> list[PlannedSample]:
        return planned.samples(self._plan, self._sizes, visit)

    def _shuffled(self, visit: Visit) -> list[PlannedSample]:
        samples = self._samples(visit)
        return self._order.sample(samples, len(samples))

    def _take(self, sample: PlannedSample) -> None:
        """Take one sample; one that fails, in whatever way, is an event, and the next one follows."""
        if self._is_given_up(sample.experiment, sample.work):
            return
        try:
            taken, failure = self._taken(sample)
        except (BenchError, OSError, MemoryError) as error:
            self._fail(sample, str(error) or "No memory is left.")
            return
        self._records.write("sample", taken)
        if failure:
            self._fail(sample, failure)

    def _taken(self, sample: PlannedSample) -> tuple[dict[str, object], str]:
        """Return a sample as the records have it, and the sentence about its failure; BenchError if it has no times."""
        rested = self._rested()
        before = look(self._paths)
        before = replace(before, throttled=self._history.forgotten(before.throttled))
        ticks = core_ticks(self._paths.proc)
        outcome = self._run(sample.experiment, sample.work)
        busy = busy_by_core(ticks, core_ticks(self._paths.proc))
        number = {"index": self._index, "planned": self._planned, "utc": utc()}
        return {
            **sample.identity(),
            **number,
            **outcome.usage,
            **self._warm.needs(sample).as_json(),
            "output": outcome.output,
            **conditions(rested, before, look(self._paths)),
            "busy_by_core": busy,
            "during": self._monitor.seen.as_json(),
        }, outcome.failure

    def _rested(self) -> Rested:
        """Wait for the board; when it has been waited for long enough altogether, that is measured once."""
        was_over = self._rest.is_over
        rested = self._rest.wait()
        if self._rest.is_over and not was_over:
            waited = f"Waited {self._plan.patience_s:g} s in all for an idle board; it stayed busy or warm"
            self._records.event("restless", f"{waited}; the rest is measured as it is.")
        return rested

    def _run(
        self, experiment: Experiment, work: Work, *, watch: Watch | None = None, memory: bool = False
    ) -> Measurement:
        command = experiment.command(self._paths, work)
        return measure(command, self._paths, self._plan.timeout_s, self._stop, watch or self._monitor, memory=memory)

    def _fail(self, sample: PlannedSample, reason: str) -> None:
        """Record that a sample failed, and whether its program is run any more."""
        self._failures[sample.experiment.name, sample.work] += 1
        what = _described(sample.experiment, sample.work, sample.governor)
        self._records.event("failed", f"{what}: {reason}", **sample.identity())
        if self._is_given_up(sample.experiment, sample.work):
            message = f"{what} failed {MOST_FAILURES} times, so it is not run any more."
            self._records.event("given-up", message, **sample.identity())


def _described(experiment: Experiment, work: Work, governor: str) -> str:
    workers = f"{work.workers} workers" if work.workers > 1 else "1 worker"
    return f"{experiment.name} of size {work.size} with {workers} under '{governor}'"
