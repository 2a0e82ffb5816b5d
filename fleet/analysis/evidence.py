"""What a board's rows offer to whoever holds a statement against them; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.analysis import naming
from fleet.analysis.condition import Condition
from fleet.analysis.verdict import DISTURBING, WRONG_CLOCK, Level
from fleet.i18n import LazyText, lazy, noop

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fleet.analysis.record_types import Step
    from fleet.analysis.records import Records, Sample
    from fleet.analysis.summary import Row
    from fleet.analysis.verdict import Judged, Reason

# Statements are judged under the governor that keeps the clock still at its highest; without root there is only one.
BASE_GOVERNORS = ("performance", "unchanged")
NOT_IN_EFFECT = noop("{governor} was not in effect in {count} of {all} runs: {sentence}")
DISTURBED = noop("{kind}: {count} of {all} runs were disturbed. {sentence}")


class Evidence:
    """The rows of one board, found by experiment, workers and governor; of several sizes the largest tells most."""

    def __init__(self, records: Records, rows: Sequence[Row]) -> None:
        self.is_simulated = records.is_simulated
        self.cores = records.board.cores if records.board else 1
        self.governor = base_governor([row.governor for row in rows])
        self._largest = {experiment: max(sizes) for experiment, sizes in naming.sizes(rows).items()}
        self._rows = {row.condition: row for row in rows}

    def of(self, experiment: str, workers: int = 1, governor: str = "") -> list[Sample]:
        """Return the samples of one experiment, under the governor for statements unless another is named."""
        row = self._row(experiment, workers, governor or self.governor)
        return row.samples if row else []

    def _row(self, experiment: str, workers: int, governor: str) -> Row | None:
        size = self._largest.get(experiment, 0)
        return self._rows.get(Condition(experiment, size, workers, governor))

    def most_workers(self, experiment: str) -> int:
        """Return the largest number of workers that was tried."""
        wanted = (experiment, self._largest.get(experiment), self.governor)
        tried = (each.workers for each in self._rows if (each.experiment, each.size, each.governor) == wanted)
        return max(tried, default=0)

    def gain(self, experiment: str, workers: int) -> tuple[list[Sample], list[Sample]]:
        """Return the samples of one worker and those of several, whose times are the gain of more workers."""
        return (self.of(experiment, 1), self.of(experiment, workers)) if workers > 1 else ([], [])

    def disturbance(self, experiment: str, workers: Iterable[int], governor: str = "") -> LazyText | None:
        """Say what disturbed at least half of the timings of one of these rows; nothing if nothing did."""
        rows = (self._row(experiment, count, governor or self.governor) for count in workers)
        return next((told for row in rows if row and (told := disturbance(row.judged))), None)


def disturbance(judged: Iterable[Judged]) -> LazyText | None:
    """Say what disturbed at least half of these timings, of those that count; nothing if nothing did."""
    counted = [each for each in judged if each.level < Level.INVALID]
    for kind in DISTURBING:
        found = [reason for each in counted for reason in _first(each, kind)]
        if found and 2 * len(found) >= len(counted):
            governor = counted[0].sample.governor
            template = NOT_IN_EFFECT if kind == WRONG_CLOCK else DISTURBED
            what = {"kind": kind, "sentence": found[0].sentence, "governor": governor}
            return lazy(template, count=len(found), all=len(counted), **what)
    return None


def _first(judged: Judged, kind: str) -> list[Reason]:
    return [reason for reason in judged.reasons if reason.kind == kind][:1]


def base_governor(tried: Sequence[str]) -> str:
    """Return the governor that statements are judged under, of those that were tried."""
    return next((name for name in BASE_GOVERNORS if name in tried), tried[0] if tried else "")


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
