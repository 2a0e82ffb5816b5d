"""One row per board and condition: medians and what they are worth; boards never meet; pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fleet.analysis import stats
from fleet.analysis.verdict import WAITING, Judged, Level
from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fleet.analysis.condition import Condition
    from fleet.analysis.records import Sample
    from fleet.analysis.stats import Estimate


@dataclass(frozen=True)
class Row:
    """Repetitions of the same program under the same condition, of which at least one counts."""

    host: str
    judged: tuple[Judged, ...]
    one_worker: tuple[Sample, ...]

    @cached_property
    def samples(self) -> list[Sample]:
        """The repetitions that count: all but the invalid ones."""
        return usable(self.judged)

    @property
    def condition(self) -> Condition:
        """What its samples have in common, and no other row of the board has."""
        return self.samples[0].condition

    @property
    def lesson(self) -> str:
        """The lesson that asks for it."""
        return self.samples[0].lesson

    @property
    def experiment(self) -> str:
        """The name of the program's question."""
        return self.samples[0].experiment

    @property
    def workers(self) -> int:
        """How many threads or processes shared the work."""
        return self.samples[0].workers

    @property
    def governor(self) -> str:
        """The governor of all cores."""
        return self.samples[0].governor

    @property
    def size(self) -> int:
        """How much work a run was, in `size_unit`."""
        return self.samples[0].size

    @property
    def size_unit(self) -> str:
        """What the size counts."""
        return self.samples[0].size_unit

    @property
    def runs(self) -> int:
        """How many repetitions count."""
        return len(self.samples)

    @property
    def left_out(self) -> int:
        """How many repetitions do not count."""
        return len(self.judged) - self.runs

    @cached_property
    def real_s(self) -> Estimate:
        """Real time, from the start of the program to its end."""
        return stats.estimate([sample.wall_ns / 1e9 for sample in self.samples])

    @property
    def user_s(self) -> float:
        """Processor time of the program itself."""
        return stats.median([sample.user_ns / 1e9 for sample in self.samples])

    @property
    def sys_s(self) -> float:
        """Processor time that the kernel spent for it."""
        return stats.median([sample.sys_ns / 1e9 for sample in self.samples])

    @property
    def utilisation(self) -> float:
        """How many processors it kept busy: (user + sys) / real."""
        return stats.median([sample.utilisation for sample in self.samples])

    @property
    def spread(self) -> float:
        """The standard deviation of its real times as a share of their mean."""
        return stats.spread([sample.wall_ns for sample in self.samples])

    @cached_property
    def rate_per_s(self) -> Estimate:
        """How many units of size a second brings: what boards that chose unlike sizes can be compared by."""
        return stats.estimate([sample.size * 1e9 / sample.work_ns for sample in self.samples])

    @property
    def unit_ns(self) -> list[float]:
        """The time of the work per unit of size, of each repetition."""
        return [sample.work_ns / sample.size for sample in self.samples]

    @cached_property
    def speed_up(self) -> Estimate | None:
        """How many times faster the work is than with one worker."""
        if not self.one_worker or self.workers == 1:
            return None
        return stats.ratio(_work_ns(self.one_worker), _work_ns(self.samples))

    @property
    def gain_words(self) -> LazyText | None:
        """Say in words that more workers gained nothing; nothing where there is a gain that has a size."""
        if self.speed_up is None or self.speed_up.low > 1:
            return None
        if self.speed_up.high < 1:
            return lazy("slower than with one worker")
        return lazy("no faster than with one worker")

    @property
    def efficiency(self) -> float | None:
        """The speed-up per worker, where there is one."""
        return self.speed_up.value / self.workers if self.speed_up and self.gain_words is None else None

    @property
    def serial_fraction(self) -> Estimate | None:
        """What share of the work did not spread over the workers: of work that needs processors, and gained by them."""
        if self.speed_up is None or self.gain_words or self.samples[0].bound == WAITING:
            return None
        return stats.serial_fraction(self.speed_up, self.workers)

    @property
    def memory_bytes(self) -> int:
        """The most memory that it took: of all its processes together, where that was looked at."""
        return max(sample.taken_bytes for sample in self.samples)

    @property
    def processes(self) -> int:
        """How many processes that is the memory of."""
        return max(sample.processes or 1 for sample in self.samples)

    @property
    def energy_j(self) -> float | None:
        """What one run took of energy, on a board that can measure it."""
        known = [sample.energy_j for sample in self.samples if sample.energy_j is not None]
        return stats.median(known) if known else None

    @property
    def minor_faults(self) -> int:
        """How many pages came without the disk."""
        return round(stats.median([sample.minor_faults for sample in self.samples]))

    @property
    def level(self) -> Level:
        """The worst verdict of the repetitions that count."""
        return max(each.level for each in self.judged if each.level < Level.INVALID)


def rows(host: str, verdicts: Iterable[Judged]) -> list[Row]:
    """Sum up one board, in the order of the lessons; invalid samples do not count."""
    groups: dict[Condition, list[Judged]] = defaultdict(list)
    for judged in verdicts:
        groups[judged.sample.condition].append(judged)
    governors = list(dict.fromkeys(condition.governor for condition in groups))
    made = [Row(host, tuple(its), _one_worker(groups, key)) for key, its in groups.items() if usable(its)]
    return sorted(made, key=lambda row: (number(row.lesson), *row.condition[:3], governors.index(row.governor)))


def number(lesson: str) -> int:
    """Return the number of a lesson; 0 if it has none."""
    digits = lesson.removeprefix("L")
    return int(digits) if digits.isdecimal() else 0


def usable(judged: Iterable[Judged]) -> list[Sample]:
    """Return the samples that count."""
    return [each.sample for each in judged if each.level < Level.INVALID]


def _work_ns(samples: Iterable[Sample]) -> list[int]:
    return [sample.work_ns for sample in samples]


def _one_worker(groups: Mapping[Condition, list[Judged]], condition: Condition) -> tuple[Sample, ...]:
    return tuple(usable(groups.get(condition._replace(workers=1), [])))
