"""What the records of one board may be together, where each by itself may be: limits, and what contradicts; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from fleet.errors import RecordError
from fleet.gate import is_day, upper

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
DAMAGED = "the file is damaged: take it out of its folder."


@dataclass
class Totals:
    """Counts and compares the records of one file, one after the other."""

    keys: set[tuple[str, int, int, str, int]] = field(default_factory=set)
    conditions: set[Condition] = field(default_factory=set)
    described: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    seen: int = 0
    events: int = 0

    def sample(self, sample: Sample, place: str) -> None:
        """Take one sample in; RecordError if it cannot stand beside those before it, or with itself."""
        if wrong := _contradiction(sample) or self._repeated(sample) or self._excess(sample):
            raise RecordError(f"{upper(place)} {wrong}; {DAMAGED}")

    def event(self, place: str) -> None:
        """Take one event in; RecordError if there are too many."""
        self.events += 1
        if self.events > MOST_EVENTS:
            raise RecordError(f"{upper(place)} is one event more than {MOST_EVENTS}; {DAMAGED}")

    def _repeated(self, sample: Sample) -> str:
        if _is_unlike(sample, self.described):
            return f"describes '{sample.experiment}' otherwise than a line before it"
        if sample.key in self.keys:
            return f"repeats a sample of '{sample.experiment}'"
        self.keys.add(sample.key)
        return ""

    def _excess(self, sample: Sample) -> str:
        self.conditions.add(sample.condition)
        self.seen += len(sample.during.load) + len((sample.output or {}).get("steps", []))
        counts = (
            (len(self.keys), MOST_SAMPLES, "samples"),
            (len(self.conditions), MOST_CONDITIONS, "programs, sizes, workers and governors put together"),
            (len(self.described), MOST_EXPERIMENTS, "programs"),
            (self.seen, MOST_SEEN, "moments and steps"),
        )
        return next((f"is more than a run can hold: {most} {what}" for count, most, what in counts if count > most), "")


def _contradiction(sample: Sample) -> str:
    """Say what in a sample cannot be true."""
    if sample.utc and not is_day(sample.utc):
        return f"has the time of day '{sample.utc}', which there is not"
    output = sample.output or {}
    steps = output.get("steps", [])
    if steps and "page_bytes" not in output:
        return "tells steps of memory and not how large a page is"
    touched = [0, *(step["touched_bytes"] for step in steps)]
    if any(after <= before for before, after in pairwise(touched)):
        return "tells steps of memory that do not grow"
    return ""


def too_many(samples: Iterable[Sample]) -> str:
    """Say of which there are more than several attempts of a run can hold; nothing if all is well."""
    conditions = Counter(sample.condition for sample in samples)
    counts = (
        (conditions.total(), MOST_SAMPLES, "samples"),
        (len(conditions), MOST_CONDITIONS, "programs, sizes, workers and governors put together"),
        (max(conditions.values(), default=0), MOST_REPETITIONS, "runs of one program"),
    )
    return next((f"more than {most} {what}" for number, most, what in counts if number > most), "")


def described_otherwise(samples: Iterable[Sample]) -> str:
    """Name the first program that not all of its samples describe alike; nothing if all do."""
    described: dict[str, tuple[str, str, str]] = {}
    return next((sample.experiment for sample in samples if _is_unlike(sample, described)), "")


def _is_unlike(sample: Sample, described: dict[str, tuple[str, str, str]]) -> bool:
    """Tell whether its program is described otherwise than by the first one of it, which is noted."""
    return described.setdefault(sample.experiment, sample.description) != sample.description
