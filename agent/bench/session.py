"""The measuring itself: the plan's experiments under each governor, in an order that favours none of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, TypeVar

from agent.bench import governor
from agent.bench.board import meminfo_bytes
from agent.bench.calibrate import capped_bytes, fitting_size
from agent.bench.clock import utc
from agent.bench.experiments import BYTES, Experiment, Work
from agent.bench.measure import Outcome, measure
from agent.bench.sampler import Moment, look
from agent.bench.tuning import UNCHANGED
from agent.errors import BenchError

if TYPE_CHECKING:
    from agent.bench.place import Place
    from agent.bench.plan import Plan, Wish
    from agent.bench.records import RecordWriter
    from agent.bench.stop import Stop

NS_PER_S = 1_000_000_000
T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """One sample to be taken."""

    experiment: Experiment
    work: Work
    repetition: int

    def described(self) -> dict[str, object]:
        """Tell which sample it is, as the records say it."""
        return {
            "experiment": self.experiment.name,
            "lesson": self.experiment.lesson,
            "workers": self.work.workers,
            "size": self.work.size,
            "size_unit": self.experiment.size_unit,
            "repetition": self.repetition,
        }


class Session:
    """Takes the samples of one plan."""

    def __init__(self, plan: Plan, place: Place, records: RecordWriter, stop: Stop) -> None:
        self._plan = plan
        self._place = place
        self._records = records
        self._stop = stop
        self._sizes: dict[str, int] = {}
        self._index = 0
        self._planned = 0
        self._order = random.Random(plan.seed)  # noqa: S311 - an order that can be repeated, not a secret

    def measure_under(self, governors: list[str]) -> None:
        """Take all samples under one governor after the other; sizes are found once, under the first."""
        for name in governors:
            self._set(name)
            if name == governors[0]:
                self._find_sizes()
                self._planned = len(governors) * len(self._jobs())
            self._warm_up()
            for job in self._shuffled():
                self._sample(job, name)
                self._index += 1

    def _set(self, name: str) -> None:
        if name == UNCHANGED:
            return
        governor.put_everywhere(self._place.cpufreq, name)
        self._records.event("governor-set", f"All cores have the governor '{name}'.", governor=name)

    def _find_sizes(self) -> None:
        for wish in self._plan.wishes:
            size = self._attempt(wish, self._fitting_size)
            if size is not None:
                self._sizes[wish.experiment.name] = size
                self._record_size(wish, size)

    def _record_size(self, wish: Wish, size: int) -> None:
        name, unit = wish.experiment.name, wish.experiment.size_unit
        reason = f", not {wish.size}, because half of the free memory is no more" if size < wish.size else ""
        message = f"A run of {name} is {size} {unit}{reason}."
        self._records.event("calibrated", message, experiment=name, size=size, size_unit=unit)

    def _fitting_size(self, wish: Wish) -> int:
        if wish.experiment.size_unit == BYTES:
            return capped_bytes(wish.size, meminfo_bytes(governor.read(self._place.proc / "meminfo"), "MemAvailable"))
        target_ns = round(self._plan.target_s * NS_PER_S)
        experiment = wish.experiment
        return wish.size or fitting_size(
            lambda size: self._run(experiment, Work(size)).loop_ns, target_ns, experiment.first_size
        )

    def _warm_up(self) -> None:
        """Run everything once uncounted; what fails here is not tried again."""
        for wish in self._plan.wishes:
            if wish.experiment.name in self._sizes and not self._attempt(wish, self._warm_run):
                del self._sizes[wish.experiment.name]

    def _warm_run(self, wish: Wish) -> bool:
        work = Work(self._sizes[wish.experiment.name], wish.workers[0], wish.step_bytes)
        failure = self._run(wish.experiment, work).failure
        if failure:
            raise BenchError(failure)
        return True

    def _attempt(self, wish: Wish, deed: Callable[[Wish], T]) -> T | None:
        """Do something that an experiment may fail at; the failure is recorded and the rest goes on."""
        try:
            return deed(wish)
        except BenchError as error:
            self._record_failure(wish.experiment, str(error))
            return None

    def _jobs(self) -> list[Job]:
        return [
            Job(wish.experiment, Work(self._sizes[wish.experiment.name], workers, wish.step_bytes), repetition)
            for wish in self._plan.wishes
            if wish.experiment.name in self._sizes
            for workers in wish.workers
            for repetition in range(self._plan.runs)
        ]

    def _shuffled(self) -> list[Job]:
        jobs = self._jobs()
        return self._order.sample(jobs, len(jobs))

    def _sample(self, job: Job, name: str) -> None:
        before = look(self._place)
        try:
            outcome = self._run(job.experiment, job.work)
        except BenchError as error:
            self._record_failure(job.experiment, str(error), **job.described(), governor=name)
            return
        number = {"governor": name, "index": self._index, "planned": self._planned, "utc": utc()}
        around = beside(before, look(self._place))
        said = {**outcome.usage, "output": outcome.output}
        self._records.write("sample", {**job.described(), **number, **said, **around})
        if outcome.failure:
            self._record_failure(job.experiment, outcome.failure, **job.described(), governor=name)

    def _run(self, experiment: Experiment, work: Work) -> Outcome:
        return measure(experiment.command(self._place, work), self._place, self._plan.timeout_s, self._stop)

    def _record_failure(self, experiment: Experiment, message: str, **fields: object) -> None:
        self._records.event("failed", message, **{"experiment": experiment.name, **fields})


def beside(before: Moment, after: Moment) -> dict[str, object]:
    """Tell what the board was like before and after a run, as the records say it."""
    return {
        "clock_before_khz": before.clock_khz,
        "clock_after_khz": after.clock_khz,
        "temperature_before_mc": before.temperature_mc,
        "temperature_after_mc": after.temperature_mc,
        "throttled_before": before.throttled,
        "throttled_after": after.throttled,
        "load_before": before.load,
    }
