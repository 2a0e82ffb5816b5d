"""One line per board, program, size, workers and governor: medians and what they are worth; boards never meet; pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fleet.analysis import stats
from fleet.analysis.evidence import utilisations, work_ns
from fleet.analysis.verdict import WAITING, Judged, Level, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fleet.analysis.records import Records, Sample
    from fleet.analysis.stats import Estimate

BYTES = "bytes"
NAME_LETTERS = 32
Conditions = tuple[str, str, int, int, str]


@dataclass(frozen=True)
class Row:
    """Repetitions of the same program under the same conditions, of which at least one counts."""

    host: str
    judged: tuple[Judged, ...]
    one_worker: tuple[Sample, ...]

    @cached_property
    def samples(self) -> list[Sample]:
        """The repetitions that count: all but the invalid ones."""
        return usable(self.judged)

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
        return stats.median(utilisations(self.samples))

    @property
    def spread(self) -> float:
        """How wide the middle half is, as a share of the median."""
        return stats.spread([sample.wall_ns for sample in self.samples])

    @cached_property
    def rate_per_s(self) -> Estimate:
        """How many units of size a second brings: what boards that chose unlike sizes can be compared by."""
        return stats.estimate([sample.size * 1e9 / ns for sample, ns in zip(*self._timed, strict=True)])

    @property
    def unit_ns(self) -> list[float]:
        """The time of the work per unit of size, of each repetition."""
        return [ns / sample.size for sample, ns in zip(*self._timed, strict=True)]

    @property
    def _timed(self) -> tuple[list[Sample], list[int]]:
        return self.samples, work_ns(self.samples)

    @cached_property
    def speed_up(self) -> Estimate | None:
        """How many times faster the work is than with one worker."""
        if not self.one_worker or self.workers == 1:
            return None
        return stats.ratio(work_ns(self.one_worker), work_ns(self.samples))

    @property
    def efficiency(self) -> float | None:
        """The speed-up per worker."""
        return self.speed_up.value / self.workers if self.speed_up else None

    @property
    def serial_fraction(self) -> Estimate | None:
        """What share of the work did not spread over the workers; of work that needs processors."""
        if self.speed_up is None or self.samples[0].bound == WAITING:
            return None
        return stats.serial_fraction(self.speed_up, self.workers)

    @property
    def peak_rss_bytes(self) -> int:
        """The most memory that was resident."""
        return max(sample.peak_rss_bytes for sample in self.samples)

    @property
    def minor_faults(self) -> int:
        """How many pages came without the disk."""
        return round(stats.median([sample.minor_faults for sample in self.samples]))

    @property
    def level(self) -> Level:
        """The worst verdict of the repetitions that count."""
        return max(each.level for each in self.judged if each.level < Level.INVALID)


def rows(records: Records, verdicts: Sequence[Judged] | None = None) -> list[Row]:
    """Sum up one board, in the order of the lessons; invalid samples do not count.

    Whoever has the verdicts already hands them over: to judge a long run takes its time.
    """
    groups: dict[Conditions, list[Judged]] = defaultdict(list)
    for judged in judge(records) if verdicts is None else verdicts:
        sample = judged.sample
        groups[sample.lesson, sample.experiment, sample.size, sample.workers, sample.governor].append(judged)
    governors: list[str] = list(dict.fromkeys(sample.governor for sample in records.samples))
    ordered = sorted(groups, key=lambda key: (number(key[0]), *key[1:4], governors.index(key[4])))
    return [Row(records.host, tuple(groups[key]), _one_worker(groups, key)) for key in ordered if usable(groups[key])]


def name(line: Row, among: Iterable[Row]) -> str:
    """Name what was run: by its lesson and question, and by its size where the others hold several."""
    named = f"{line.lesson} {short(line.experiment)}"
    return f"{named} {size(line)}" if len(sizes(among)[line.experiment]) > 1 else named


def short(program: str) -> str:
    """Return the name of a program as it fits beside a picture and into a table."""
    return program if len(program) <= NAME_LETTERS else f"{program[: NAME_LETTERS - 3]}..."


def sizes(rows: Iterable[Row]) -> dict[str, set[int]]:
    """Return the sizes of each program."""
    found: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        found[row.experiment].add(row.size)
    return found


def size(line: Row) -> str:
    """Write how much a run was."""
    return f"{line.size / 2**20:g} MiB" if line.size_unit == BYTES else f"{line.size:,} {line.size_unit}"


def number(lesson: str) -> int:
    """Return the number of a lesson; 0 if it has none."""
    digits = lesson.removeprefix("L")
    return int(digits) if digits.isdecimal() else 0


def usable(judged: Iterable[Judged]) -> list[Sample]:
    """Return the samples that count."""
    return [each.sample for each in judged if each.level < Level.INVALID]


def _one_worker(groups: dict[Conditions, list[Judged]], key: Conditions) -> tuple[Sample, ...]:
    lesson, experiment, size, _, governor = key
    return tuple(usable(groups.get((lesson, experiment, size, 1, governor), [])))
