"""What a board's samples offer to whoever holds a statement against them; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from fleet.analysis import stats
from fleet.analysis.verdict import LEAST_UTILISATION, WRONG_CLOCK, Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.analysis.record_types import Step
    from fleet.analysis.records import Records, Sample
    from fleet.analysis.verdict import Judged

# Statements are judged under the governor that keeps the clock still at its highest; without root there is only one.
BASE_GOVERNORS = ("performance", "unchanged")


class Evidence:
    """The samples of one board that can be used, found by experiment, workers and governor."""

    def __init__(self, records: Records, verdicts: Sequence[Judged]) -> None:
        self.is_simulated = records.is_simulated
        self.cores = records.board.cores if records.board else 1
        self._found: dict[tuple[str, int, str], list[Sample]] = defaultdict(list)
        usable = [judged.sample for judged in verdicts if judged.level < Level.INVALID]
        off = Counter(_under(judged.sample) for judged in verdicts if judged.level < Level.INVALID and _is_off(judged))
        all_of = Counter(map(_under, usable))
        self._off_clock = {under for under, count in off.items() if 2 * count > all_of[under]}
        # Of an experiment with several sizes the largest tells most.
        largest = {experiment: max(sizes) for experiment, sizes in _sizes(usable).items()}
        for sample in usable:
            if sample.size == largest[sample.experiment]:
                self._found[sample.experiment, sample.workers, sample.governor].append(sample)
        self.governor = base_governor([governor for _, _, governor in self._found])

    def of(self, experiment: str, workers: int = 1, governor: str = "") -> list[Sample]:
        """Return the samples of one experiment, under the governor for statements unless another is named."""
        return self._found.get((experiment, workers, governor or self.governor), [])

    def most_workers(self, experiment: str) -> int:
        """Return the largest number of workers that was tried."""
        tried = [workers for name, workers, governor in self._found if (name, governor) == (experiment, self.governor)]
        return max(tried, default=0)

    def gain(self, experiment: str, workers: int) -> tuple[list[Sample], list[Sample]]:
        """Return the samples of one worker and those of several, whose times are the gain of more workers."""
        return (self.of(experiment, 1), self.of(experiment, workers)) if workers > 1 else ([], [])

    def is_off_clock(self, experiment: str, governor: str) -> bool:
        """Tell whether the clock was not the governor's in most of the runs."""
        return (experiment, governor) in self._off_clock

    def starved(self, experiment: str) -> float | None:
        """Return what share of a processor one worker got, if something else took so much that times mean little."""
        used = utilisations(self.of(experiment))
        got = stats.median(used) if used else 1.0
        return got if got < LEAST_UTILISATION else None


def _under(sample: Sample) -> tuple[str, str]:
    return sample.experiment, sample.governor


def _is_off(judged: Judged) -> bool:
    return any(reason.kind == WRONG_CLOCK for reason in judged.reasons)


def base_governor(tried: Sequence[str]) -> str:
    """Return the governor that statements are judged under, of those that were tried."""
    return next((name for name in BASE_GOVERNORS if name in tried), tried[0] if tried else "")


def _sizes(samples: Sequence[Sample]) -> dict[str, set[int]]:
    sizes: dict[str, set[int]] = defaultdict(set)
    for sample in samples:
        sizes[sample.experiment].add(sample.size)
    return sizes


def work_ns(samples: Sequence[Sample]) -> list[int]:
    """Return the times of the work itself."""
    return [sample.work_ns for sample in samples]


def utilisations(samples: Sequence[Sample]) -> list[float]:
    """Return how many processors each run kept busy."""
    return [stats.utilisation(sample.wall_ns, sample.user_ns, sample.sys_ns) for sample in samples]


def memory_growth(sample: Sample) -> float | None:
    """Return how many bytes became resident per byte touched, between the first step and the last."""
    told = steps(sample)
    if len(told) <= 1:
        return None
    first, last = told[0], told[-1]
    return (last["resident_bytes"] - first["resident_bytes"]) / (last["touched_bytes"] - first["touched_bytes"])


def faults_per_page(sample: Sample) -> float | None:
    """Return how many minor faults each touched page cost."""
    told = steps(sample)
    if not told or sample.output is None:
        return None
    faults = sum(step["minor_faults"] for step in told)
    return faults * sample.output["page_bytes"] / told[-1]["touched_bytes"]


def steps(sample: Sample) -> list[Step]:
    """Return what a program that touches memory told of each step."""
    return (sample.output or {}).get("steps", [])
