"""The course's statements, held against the numbers of one board: confirmed, refuted or undecided; pure.

Each statement becomes a ratio and the band in which it holds. The 95 % interval of its median decides: wholly inside
the band confirms, wholly outside refutes, anything else is undecided.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet import stats
from fleet.evidence import Evidence, faults_per_page, memory_growth, utilisations, work_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.records import Records, Sample
    from fleet.stats import Estimate

TOLERANCE = 0.15
PAGE_TOLERANCE = 0.02
CLEAR = 1.10
FEWEST = 3
ANYTHING = float("inf")
BUSY, C_THREADS, MEMORY = "busy", "c-threads", "page-touch"
PYTHON_THREADS, PYTHON_PROCESSES = "python-threads", "python-processes"
WAITING_THREADS = "python-io-threads"


class Finding(StrEnum):
    """What the numbers say about a statement."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Claim:
    """One statement of the course and what became of it on one board: the number, and what it was held against."""

    lesson: str
    experiment: str
    statement: str
    finding: Finding
    number: str = ""
    reason: str = ""
    is_simulated: bool = False

    @property
    def remark(self) -> str:
        """What a reader must know besides: virtual hardware can show faults and bytes, but no times."""
        return "simulated: says nothing about a real Pi" if self.is_simulated and self.experiment != MEMORY else ""


@dataclass(frozen=True)
class Band:
    """Where a ratio must lie for a statement to hold."""

    low: float
    high: float

    def holds(self, found: Estimate) -> Finding:
        """Decide by the interval."""
        if self.low <= found.low and found.high <= self.high:
            return Finding.CONFIRMED
        return Finding.REFUTED if found.high < self.low or found.low > self.high else Finding.UNDECIDED

    def __str__(self) -> str:
        if self.high == ANYTHING:
            return f"from {self.low:.2f} on"
        return f"up to {self.high:.2f}" if self.low == 0 else f"from {self.low:.2f} to {self.high:.2f}"


NEAR_ONE = Band(1 - TOLERANCE, 1 + TOLERANCE)
ONE_PER_PAGE = Band(1 - PAGE_TOLERANCE, 1 + PAGE_TOLERANCE)
NO_FASTER = Band(0, 1 + TOLERANCE)
CLEARLY_MORE = Band(CLEAR, ANYTHING)


def check(records: Records) -> list[Claim]:
    """Hold every statement of the course against one board, in the order of the lessons."""
    evidence = Evidence(records)
    judges: tuple[Callable[[Evidence], Claim], ...] = (
        _one_core_is_busy,
        _powersave_is_slower,
        _c_threads_share,
        _memory_arrives_at_first_touch,
        _one_fault_per_page,
        _python_threads_take_turns,
        _python_threads_gain_nothing,
        _python_processes_share,
        _threads_that_wait_gain,
    )
    return [replace(judge(evidence), is_simulated=evidence.is_simulated) for judge in judges]


def _judged(claim: Claim, ratios: Sequence[float], band: Band, number: Callable[[float], str]) -> Claim:
    """Decide by ratios, or say that there are too few."""
    if len(ratios) < FEWEST:
        return _too_few(claim, ratios)
    return _decided(claim, stats.estimate(ratios), band, number)


def _compared(
    claim: Claim, samples: tuple[Sequence[Sample], Sequence[Sample]], band: Band, number: Callable[[float], str]
) -> Claim:
    """Decide by how many times the work of the first samples takes that of the second."""
    above, below = map(work_ns, samples)
    if min(len(above), len(below)) < FEWEST:
        return _too_few(claim, min(above, below, key=len))
    return _decided(claim, stats.ratio(above, below), band, number)


def _too_few(claim: Claim, there: Sequence[float]) -> Claim:
    return replace(claim, reason=f"{len(there)} usable runs, fewer than {FEWEST}")


def _decided(claim: Claim, found: Estimate, band: Band, number: Callable[[float], str]) -> Claim:
    reason = f"95 %: {found.low:.2f} to {found.high:.2f}; holds {band}"
    return replace(claim, finding=band.holds(found), number=number(found.value), reason=reason)


def _unless_starved(claim: Claim, evidence: Evidence) -> Claim:
    """Take a decision back that rests on programs which had to share their processors with something else."""
    got = evidence.starved(claim.experiment)
    if got is None or claim.finding is Finding.UNDECIDED:
        return claim
    return replace(claim, finding=Finding.UNDECIDED, reason=f"busy board: one worker got {got:.0%} of a processor")


def _one_core_is_busy(evidence: Evidence) -> Claim:
    claim = Claim("L9", BUSY, "One busy loop keeps one core busy", Finding.UNDECIDED)
    used = utilisations(evidence.of(BUSY))
    return _unless_starved(_judged(claim, used, NEAR_ONE, lambda value: f"(user + sys) / real = {value:.2f}"), evidence)


def _powersave_is_slower(evidence: Evidence) -> Claim:
    claim = Claim("L10", BUSY, "The same program takes longer under powersave", Finding.UNDECIDED)
    fast, slow = (evidence.of(BUSY, 1, governor) for governor in ("performance", "powersave"))
    if not fast or not slow:
        return replace(claim, reason="not timed under both performance and powersave")
    return _compared(claim, (slow, fast), CLEARLY_MORE, lambda value: f"{value:.2f} times as long")


def _c_threads_share(evidence: Evidence) -> Claim:
    workers = min(evidence.most_workers(C_THREADS), evidence.cores)
    claim = Claim("L11", C_THREADS, f"With {workers} C threads real = user / {workers}", Finding.UNDECIDED)
    if workers == 1:
        return replace(claim, reason="one worker or one core shows nothing")
    ratios = [sample.wall_ns * workers / sample.user_ns for sample in evidence.of(C_THREADS, workers) if sample.user_ns]
    judged = _judged(claim, ratios, NEAR_ONE, lambda value: f"real x {workers} / user = {value:.2f}")
    return _unless_starved(judged, evidence)


def _memory_arrives_at_first_touch(evidence: Evidence) -> Claim:
    claim = Claim("L12", MEMORY, "Resident memory grows as it is touched", Finding.UNDECIDED)
    ratios = [ratio for ratio in map(memory_growth, evidence.of(MEMORY)) if ratio is not None]
    return _judged(claim, ratios, ONE_PER_PAGE, lambda value: f"{value:.3f} bytes arrive per byte touched")


def _one_fault_per_page(evidence: Evidence) -> Claim:
    claim = Claim("L12", MEMORY, "Every page costs one minor fault", Finding.UNDECIDED)
    ratios = [ratio for ratio in map(faults_per_page, evidence.of(MEMORY)) if ratio is not None]
    return _judged(claim, ratios, ONE_PER_PAGE, lambda value: f"{value:.3f} minor faults per page")


def _python_threads_take_turns(evidence: Evidence) -> Claim:
    workers = evidence.most_workers(PYTHON_THREADS)
    claim = Claim("L13", PYTHON_THREADS, f"With {workers} Python threads real = user", Finding.UNDECIDED)
    ratios = [sample.wall_ns / sample.user_ns for sample in evidence.of(PYTHON_THREADS, workers) if sample.user_ns]
    return _unless_starved(_judged(claim, ratios, NEAR_ONE, lambda value: f"real / user = {value:.2f}"), evidence)


def _python_threads_gain_nothing(evidence: Evidence) -> Claim:
    workers = evidence.most_workers(PYTHON_THREADS)
    claim = Claim("L13", PYTHON_THREADS, f"{workers} Python threads are no faster than 1", Finding.UNDECIDED)
    judged = _compared(claim, evidence.gain(PYTHON_THREADS, workers), NO_FASTER, lambda value: f"{value:.2f}x")
    return _unless_starved(judged, evidence)


def _python_processes_share(evidence: Evidence) -> Claim:
    workers = evidence.most_workers(PYTHON_PROCESSES)
    claim = Claim(
        "L14", PYTHON_PROCESSES, f"{workers} Python processes take 1/{workers} of the time", Finding.UNDECIDED
    )
    ideal = Band(NEAR_ONE.low * workers, NEAR_ONE.high * workers)
    judged = _compared(claim, evidence.gain(PYTHON_PROCESSES, workers), ideal, lambda value: f"{value:.2f}x")
    if workers > evidence.cores:
        return replace(judged, finding=Finding.UNDECIDED, reason=f"{evidence.cores} cores cannot show {workers}x")
    return _unless_starved(judged, evidence)


def _threads_that_wait_gain(evidence: Evidence) -> Claim:
    workers = evidence.most_workers(WAITING_THREADS)
    claim = Claim("L15", WAITING_THREADS, "Python threads that only wait are faster than one", Finding.UNDECIDED)
    return _compared(claim, evidence.gain(WAITING_THREADS, workers), CLEARLY_MORE, lambda value: f"{value:.2f}x")
