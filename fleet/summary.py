"""One line per board, program, workers and governor: the median and what it is worth; boards never meet; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet import stats
from fleet.evidence import work_ns
from fleet.verdict import Judged, Level, judge

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fleet.records import Records, Sample


@dataclass(frozen=True)
class Line:
    """Repetitions of the same program under the same conditions, as one line of a table."""

    host: str
    lesson: str
    experiment: str
    workers: int
    governor: str
    size: int
    size_unit: str
    runs: int
    left_out: int
    real_s: float
    user_s: float
    sys_s: float
    spread: float
    speed_up: float | None
    peak_rss_bytes: int
    minor_faults: int
    level: Level
    reasons: tuple[str, ...]


def lines(records: Records) -> list[Line]:
    """Sum up one board, in the order of the lessons; invalid samples do not count."""
    groups: dict[tuple[str, str, int, str], list[Judged]] = defaultdict(list)
    for judged in judge(records):
        sample = judged.sample
        groups[sample.lesson, sample.experiment, sample.workers, sample.governor].append(judged)
    governors = list(dict.fromkeys(sample.governor for sample in records.samples))
    ordered = sorted(groups, key=lambda key: (_number(key[0]), key[1], key[2], governors.index(key[3])))
    return [_line(records.host, groups[key], _one_worker(groups, key)) for key in ordered if _usable(groups[key])]


def _number(lesson: str) -> int:
    digits = lesson.removeprefix("L")
    return int(digits) if digits.isdecimal() else 0


def _usable(judged: Iterable[Judged]) -> list[Sample]:
    return [each.sample for each in judged if each.level < Level.INVALID]


def _one_worker(groups: dict[tuple[str, str, int, str], list[Judged]], key: tuple[str, str, int, str]) -> list[Sample]:
    lesson, experiment, _, governor = key
    return _usable(groups.get((lesson, experiment, 1, governor), []))


def _line(host: str, judged: list[Judged], one_worker: list[Sample]) -> Line:
    samples = _usable(judged)
    first = samples[0]
    return Line(
        host=host,
        lesson=first.lesson,
        experiment=first.experiment,
        workers=first.workers,
        governor=first.governor,
        size=first.size,
        size_unit=first.size_unit,
        runs=len(samples),
        left_out=len(judged) - len(samples),
        real_s=stats.median([sample.wall_ns for sample in samples]) / 1e9,
        user_s=stats.median([sample.user_ns for sample in samples]) / 1e9,
        sys_s=stats.median([sample.sys_ns for sample in samples]) / 1e9,
        spread=stats.spread([sample.wall_ns for sample in samples]),
        speed_up=_speed_up(samples, one_worker),
        peak_rss_bytes=max(sample.peak_rss_bytes for sample in samples),
        minor_faults=round(stats.median([sample.minor_faults for sample in samples])),
        level=max(each.level for each in judged if each.level < Level.INVALID),
        reasons=_reasons(judged),
    )


def _speed_up(samples: list[Sample], one_worker: list[Sample]) -> float | None:
    if not one_worker or samples[0].workers == 1:
        return None
    return stats.median(stats.speed_ups(work_ns(one_worker), work_ns(samples)))


def _reasons(judged: Iterable[Judged]) -> tuple[str, ...]:
    """Collect what is held against the repetitions, the commonest first."""
    counted = Counter(reason.sentence for each in judged for reason in each.reasons)
    return tuple(sentence for sentence, _ in counted.most_common())
