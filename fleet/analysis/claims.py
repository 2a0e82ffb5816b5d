"""The course's statements, held against the numbers of one board: confirmed, refuted or undecided; pure.

Each statement becomes a ratio and a tolerance, within which it holds. The confidence interval of its median decides:
wholly inside confirms, wholly outside refutes, anything else is undecided. So is what rests on times that something
else disturbed. Counts of memory are what they are on a busy board too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fleet.analysis import stats
from fleet.analysis.evidence import faults_per_page, memory_growth
from fleet.analysis.tolerance import CLEARLY_MORE, NEAR_ONE, NO_FASTER, ONE_PER_PAGE, Finding, Tolerance
from fleet.i18n import LazyText, lazy, noop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.analysis.evidence import Evidence
    from fleet.analysis.records import Sample
    from fleet.analysis.stats import Estimate

# All of n runs lie on one side of the true median with the probability 1/2^n: at the end of what is tolerated five
# decide wrongly in 3 %, four in 6 %.
FEWEST = 5
TIMES = "{value:.2f}x"
BUSY, C_THREADS, MEMORY = "busy", "c-threads", "page-touch"
PYTHON_THREADS, PYTHON_PROCESSES = "python-threads", "python-processes"
WAITING_THREADS = "python-io-threads"


@dataclass(frozen=True)
class Claim:
    """One statement of the course and what became of it on one board: the number, and what it was held against."""

    lesson: str
    experiment: str
    statement: str
    finding: Finding = Finding.UNDECIDED
    number: str = ""
    reason: str = ""
    found: Estimate | None = None
    required: str = ""
    is_simulated: bool = False

    @property
    def remark(self) -> str:
        """What a reader must know besides: virtual hardware can show faults and bytes, but no times."""
        says_nothing = self.is_simulated and self.experiment != MEMORY
        return lazy("simulated: says nothing about a real Pi") if says_nothing else ""


def check(evidence: Evidence) -> list[Claim]:
    """Hold every statement of the course against one board, in the order of the lessons."""
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
    return [replace(held(evidence), is_simulated=evidence.is_simulated) for held in judges]


def too_few(runs: int) -> LazyText | None:
    """Say what a run will not decide in which each program runs so often; nothing if it is often enough."""
    if runs >= FEWEST:
        return None
    template = noop("With --runs {runs} no statement of the course will be decided: that takes {fewest} runs or more.")
    return lazy(template, runs=runs, fewest=FEWEST)


def _judged(claim: Claim, ratios: Sequence[float], tolerance: Tolerance, number: str) -> Claim:
    """Decide by ratios, or say that there are too few."""
    if len(ratios) < FEWEST:
        return _lacking(claim, ratios)
    return _decided(claim, stats.estimate(ratios), tolerance, number)


def _compared(
    claim: Claim, samples: tuple[Sequence[Sample], Sequence[Sample]], tolerance: Tolerance, number: str
) -> Claim:
    """Decide by how many times the work of the first samples takes that of the second."""
    above, below = ([sample.work_ns for sample in each] for each in samples)
    if min(len(above), len(below)) < FEWEST:
        return _lacking(claim, min(above, below, key=len))
    return _decided(claim, stats.ratio(above, below), tolerance, number)


def _lacking(claim: Claim, there: Sequence[float]) -> Claim:
    return replace(claim, reason=lazy("usable runs: {count}, fewer than {fewest}", count=len(there), fewest=FEWEST))


def _decided(claim: Claim, found: Estimate, tolerance: Tolerance, number: str) -> Claim:
    template = noop("{interval}: {low:.2f} to {high:.2f}; required: {tolerance}")
    reason = lazy(template, interval=found.name, low=found.low, high=found.high, tolerance=tolerance.words)
    told = replace(claim, number=lazy(number, value=found.value), reason=reason, found=found, required=tolerance.words)
    return replace(told, finding=tolerance.holds(found))


def _unless_disturbed(claim: Claim, evidence: Evidence, *workers: int, governors: Sequence[str] = ("",)) -> Claim:
    """Take a decision back that rests on times which were not those of the program alone.

    The runs with one worker are looked at besides: they show best whether something else was at work.
    """
    if claim.finding is Finding.UNDECIDED:
        return claim
    found = (evidence.disturbance(claim.experiment, {1, *workers}, each) for each in governors)
    reason = next(filter(None, found), None)
    return replace(claim, finding=Finding.UNDECIDED, reason=reason) if reason else claim


def _written(workers: int) -> str:
    """Write how many workers there were; n where none was tried."""
    return str(workers or "n")


def _one_core_is_busy(evidence: Evidence) -> Claim:
    claim = Claim("L9", BUSY, lazy("One busy loop keeps one core busy"))
    used = [sample.utilisation for sample in evidence.of(BUSY)]
    return _unless_disturbed(_judged(claim, used, NEAR_ONE, "(user + sys) / real = {value:.2f}"), evidence)


def _powersave_is_slower(evidence: Evidence) -> Claim:
    claim = Claim("L10", BUSY, lazy("The same program takes longer under powersave"))
    both = ("performance", "powersave")
    fast, slow = (evidence.of(BUSY, 1, governor) for governor in both)
    if not fast or not slow:
        return replace(claim, reason=lazy("not timed under both performance and powersave"))
    judged = _compared(claim, (slow, fast), CLEARLY_MORE, noop("{value:.2f} times as long"))
    return _unless_disturbed(judged, evidence, governors=both)


def _c_threads_share(evidence: Evidence) -> Claim:
    workers = min(evidence.most_workers(C_THREADS), evidence.cores)
    claim = Claim("L11", C_THREADS, lazy("With {workers} C threads real = user / {workers}", workers=_written(workers)))
    if workers == 1:
        return replace(claim, reason=lazy("one worker or one core shows nothing"))
    ratios = [sample.wall_ns * workers / sample.user_ns for sample in evidence.of(C_THREADS, workers) if sample.user_ns]
    judged = _judged(claim, ratios, NEAR_ONE, f"real x {workers} / user = {{value:.2f}}")
    return _unless_disturbed(judged, evidence, workers)


def _memory_arrives_at_first_touch(evidence: Evidence) -> Claim:
    claim = Claim("L12", MEMORY, lazy("Resident memory grows as it is touched"))
    ratios = [ratio for ratio in map(memory_growth, evidence.of(MEMORY)) if ratio is not None]
    return _judged(claim, ratios, ONE_PER_PAGE, noop("{value:.3f} bytes arrive per byte touched"))


def _one_fault_per_page(evidence: Evidence) -> Claim:
    claim = Claim("L12", MEMORY, lazy("Every page costs one minor fault"))
    ratios = [ratio for ratio in map(faults_per_page, evidence.of(MEMORY)) if ratio is not None]
    return _judged(claim, ratios, ONE_PER_PAGE, noop("{value:.3f} minor faults per page"))


def _python_threads_take_turns(evidence: Evidence) -> Claim:
    workers = evidence.most_workers(PYTHON_THREADS)
    claim = Claim("L13", PYTHON_THREADS, lazy("With {workers} Python threads real = user", workers=_written(workers)))
    ratios = [sample.wall_ns / sample.user_ns for sample in evidence.of(PYTHON_THREADS, workers) if sample.user_ns]
    return _unless_disturbed(_judged(claim, ratios, NEAR_ONE, "real / user = {value:.2f}"), evidence, workers)


def _python_threads_gain_nothing(evidence: Evidence) -> Claim:
    workers = evidence.most_workers(PYTHON_THREADS)
    claim = Claim(
        "L13", PYTHON_THREADS, lazy("{workers} Python threads are no faster than 1", workers=_written(workers))
    )
    judged = _compared(claim, evidence.gain(PYTHON_THREADS, workers), NO_FASTER, TIMES)
    return _unless_disturbed(judged, evidence, workers)


def _python_processes_share(evidence: Evidence) -> Claim:
    workers = evidence.most_workers(PYTHON_PROCESSES)
    statement = lazy("{workers} Python processes take 1/{workers} of the time", workers=_written(workers))
    claim = Claim("L14", PYTHON_PROCESSES, statement)
    ideal = Tolerance(NEAR_ONE.low * workers, NEAR_ONE.high * workers)
    judged = _compared(claim, evidence.gain(PYTHON_PROCESSES, workers), ideal, TIMES)
    if workers > evidence.cores:
        reason = lazy("{cores} cores cannot show {workers}x", cores=evidence.cores, workers=workers)
        return replace(judged, finding=Finding.UNDECIDED, reason=reason)
    return _unless_disturbed(judged, evidence, workers)


def _threads_that_wait_gain(evidence: Evidence) -> Claim:
    workers = evidence.most_workers(WAITING_THREADS)
    claim = Claim("L15", WAITING_THREADS, lazy("Python threads that only wait are faster than one"))
    judged = _compared(claim, evidence.gain(WAITING_THREADS, workers), CLEARLY_MORE, TIMES)
    return _unless_disturbed(judged, evidence, workers)
