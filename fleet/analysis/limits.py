"""What the records of one board may be together, where each by itself may be: limits, and what contradicts; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from fleet.gate import is_day
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fleet.analysis.condition import Condition
    from fleet.analysis.record_types import Sample

# The suite `full` with a hundred runs of each program is 30 000 samples and about 40 MiB; a Pi needs 12 hours for it.
MOST_BYTES = 64 * 2**20
MOST_LINE_BYTES = 4 * 2**20
MOST_SAMPLES = 40_000
MOST_EVENTS = 5_000
# Moments and steps of all samples together: ten hours of looking ten times a second.
MOST_SEEN = 400_000
# Programs by size, workers and governor: 300 in the suite `full`. Each is a row in tables and has an interval.
MOST_CONDITIONS = 600
MOST_EXPERIMENTS = 32
MOST_REPETITIONS = 1000
# Of whom there may be too many.
SAMPLES, PROGRAMS = lazy("samples"), lazy("programs")
CONDITIONS = lazy("programs, sizes, workers and governors put together")
SEEN, RUNS = lazy("moments and steps"), lazy("runs of one program")


@dataclass
class Totals:
    """Counts and compares the records of one file, one after the other."""

    keys: set[tuple[str, int, int, str, int]] = field(default_factory=set)
    conditions: set[Condition] = field(default_factory=set)
    described: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    seen: int = 0
    events: int = 0

    def sample(self, sample: Sample) -> str:
        """Take one sample in; say why it cannot stand beside those before it, or with itself, nothing if it can."""
        return _contradiction(sample) or self._repeated(sample) or self._excess(sample)

    def event(self) -> str:
        """Take one event in; say so if there are too many, and nothing if not."""
        self.events += 1
        return lazy("is one event more than {most}", most=MOST_EVENTS) if self.events > MOST_EVENTS else ""

    def _repeated(self, sample: Sample) -> str:
        if _is_unlike(sample, self.described):
            return lazy("describes '{program}' otherwise than a line before it", program=sample.experiment)
        if sample.key in self.keys:
            return lazy("repeats a sample of '{program}'", program=sample.experiment)
        self.keys.add(sample.key)
        return ""

    def _excess(self, sample: Sample) -> str:
        self.conditions.add(sample.condition)
        self.seen += len(sample.during.load) + len((sample.output or {}).get("steps", []))
        counts = (
            (len(self.keys), MOST_SAMPLES, SAMPLES),
            (len(self.conditions), MOST_CONDITIONS, CONDITIONS),
            (len(self.described), MOST_EXPERIMENTS, PROGRAMS),
            (self.seen, MOST_SEEN, SEEN),
        )
        return next((_too_much(most, what) for count, most, what in counts if count > most), "")


def damaged(what: str) -> str:
    """Say what is wrong with a file that a board did not write so, and what to do."""
    return lazy("{what}; the file is damaged: take it out of its folder.", what=what)


def _too_much(most: int, what: str) -> str:
    return lazy("is more than a run can hold: {most} {what}", most=most, what=what)


def _contradiction(sample: Sample) -> str:
    """Say what in a sample cannot be true."""
    if sample.utc and not is_day(sample.utc):
        return lazy("has the time of day '{utc}', which there is not", utc=sample.utc)
    output = sample.output or {}
    steps = output.get("steps", [])
    if steps and "page_bytes" not in output:
        return lazy("tells steps of memory and not how large a page is")
    touched = [0, *(step["touched_bytes"] for step in steps)]
    if any(after <= before for before, after in pairwise(touched)):
        return lazy("tells steps of memory that do not grow")
    return ""


def too_many(samples: Iterable[Sample]) -> str:
    """Say of which there are more than several attempts of a run can hold; nothing if all is well."""
    conditions = Counter(sample.condition for sample in samples)
    counts = (
        (conditions.total(), MOST_SAMPLES, SAMPLES),
        (len(conditions), MOST_CONDITIONS, CONDITIONS),
        (max(conditions.values(), default=0), MOST_REPETITIONS, RUNS),
    )
    return next((_more_than(most, what) for number, most, what in counts if number > most), "")


def _more_than(most: int, what: str) -> str:
    return lazy("more than {most} {what}", most=most, what=what)


def described_otherwise(samples: Iterable[Sample]) -> str:
    """Name the first program that not all of its samples describe alike; nothing if all do."""
    described: dict[str, tuple[str, str, str]] = {}
    return next((sample.experiment for sample in samples if _is_unlike(sample, described)), "")


def _is_unlike(sample: Sample, described: dict[str, tuple[str, str, str]]) -> bool:
    """Tell whether its program is described otherwise than by the first one of it, which is noted."""
    return described.setdefault(sample.experiment, sample.description) != sample.description
