"""What a board's rows offer to whoever holds a statement against them; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.analysis import naming, stats
from fleet.analysis.condition import Condition
from fleet.analysis.verdict import LEAST_UTILISATION, WRONG_CLOCK, Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.analysis.record_types import Step
    from fleet.analysis.records import Records, Sample
    from fleet.analysis.summary import Row
    from fleet.analysis.verdict import Judged

# Statements are judged under the governor that keeps the clock still at its highest; without root there is only one.
BASE_GOVERNORS = ("performance", "unchanged")


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

    def is_off_clock(self, experiment: str, governor: str) -> bool:
        """Tell whether the clock was not the governor's in most of the very runs that are the evidence."""
        row = self._row(experiment, 1, governor)
        counted = [_is_off(judged) for judged in row.judged if judged.level < Level.INVALID] if row else []
        return 2 * sum(counted) > len(counted)

    def starved(self, experiment: str) -> float | None:
        """Return what share of a processor one worker got, if something else took so much that times mean little."""
        used = [sample.utilisation for sample in self.of(experiment)]
        got = stats.median(used) if used else 1.0
        return got if got < LEAST_UTILISATION else None


def _is_off(judged: Judged) -> bool:
    return any(reason.kind == WRONG_CLOCK for reason in judged.reasons)


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
