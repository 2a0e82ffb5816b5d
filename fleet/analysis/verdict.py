"""Whether a timing can be trusted (L16): valid, suspect or invalid, each with its reason in a sentence; pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from fleet.analysis import stats
from fleet.i18n import LazyText, lazy, noop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fleet.analysis.condition import Condition
    from fleet.analysis.records import BoardFacts, Policy, Records, Sample

SHORTEST_NS = 10_000_000
# Of groups of five runs with a true standard deviation of 2 % none in a hundred is over it, with 3 % 13, with 7 % 86.
WIDEST_SPREAD = 0.04
# The kernel rounds clocks to what the hardware can do.
CLOCK_TOLERANCE = 0.03
LEAST_UTILISATION = 0.90
# As much as a fifth of a core is what a quiet board does for itself.
MOST_BUSY_CORES = 0.2
LIVE_BITS = 0xF
STICKY_SHIFT = 16
# The bits of `vcgencmd get_throttled`, live from 0 on and since the board was switched on from 16 on.
THROTTLES = {
    0: (lazy("under-voltage"), lazy("the voltage was too low")),
    1: (lazy("capped"), lazy("its clock was capped")),
    2: (lazy("throttled"), lazy("it was throttled")),
    3: (lazy("too hot"), lazy("it was too hot")),
}
# The whole Zero family, Compute Modules and boards before the B+ do not notice a low voltage (linux issue 2367).
BLIND_TO_VOLTAGE = re.compile(r"Raspberry Pi (Zero|Compute Module|Model [AB] Rev)")
WAITING = "waiting"
WRONG_CLOCK, BUSY, AGENT = lazy("wrong clock"), lazy("busy"), lazy("agent")
# What makes a time another one than that of the program alone; page faults and bytes stay what they are.
DISTURBING = (WRONG_CLOCK, BUSY, AGENT)
SIMULATED = lazy("The hardware is simulated, so this time says nothing about a real Pi.")
# By what systemd-detect-virt calls it. A processor made of programs has no time of its own, but it counts rightly.
WHAT_IS_UNREAL = {
    "qemu": lazy(
        "The processor is emulated, so this time says nothing about a real Pi; counts, such as page faults, do."
    )
}
BEFORE = noop("{name} ran at {clock_mhz:.0f} MHz before the run, not at the {wanted_mhz:.0f} MHz of '{governor}'.")
DURING = noop("{name} ran at {clock_mhz:.0f} MHz during the run, not at the {wanted_mhz:.0f} MHz of '{governor}'.")
AFTER = noop("{name} ran at {clock_mhz:.0f} MHz after the run, not at the {wanted_mhz:.0f} MHz of '{governor}'.")
WIDE = noop("Spread of its repetitions: {spread:.1%} (limit: {most:.0%}).")
CLOCK_OF: dict[str, Callable[[Policy], int | None]] = {
    "performance": lambda policy: policy.max_khz,
    "powersave": lambda policy: policy.min_khz,
}


class Level(IntEnum):
    """How far a timing can be trusted."""

    VALID = 0
    SUSPECT = 1
    INVALID = 2

    @property
    def words(self) -> LazyText:
        """Name it."""
        return (lazy("valid"), lazy("suspect"), lazy("invalid"))[self]


@dataclass(frozen=True)
class Reason:
    """Why a timing is not simply valid."""

    level: Level
    kind: str
    sentence: str


@dataclass(frozen=True)
class Judged:
    """One sample with its verdict."""

    sample: Sample
    reasons: tuple[Reason, ...]

    @property
    def level(self) -> Level:
        """The worst of the reasons."""
        return max((reason.level for reason in self.reasons), default=Level.VALID)


def judge(records: Records) -> list[Judged]:
    """Give every sample of a board its verdict."""
    wide = _wide_groups(records.samples)
    return [
        Judged(sample, (*_alone(sample, records.board), *wide.get(sample.condition, ()))) for sample in records.samples
    ]


def _alone(sample: Sample, board: BoardFacts | None) -> Iterator[Reason]:
    """What one sample shows by itself."""
    yield from _work(sample)
    yield from _company(sample)
    yield from _throttling(sample)
    if board is None:
        yield Reason(Level.SUSPECT, lazy("unknown board"), lazy("The board did not say what it is."))
        return
    yield from _voltage(sample, board)
    yield from _clock(sample, board)
    if board.simulated:
        yield Reason(Level.SUSPECT, lazy("simulated"), WHAT_IS_UNREAL.get(board.virtualization, SIMULATED))


def _work(sample: Sample) -> Iterator[Reason]:
    if sample.exit_status != 0:
        sentence = lazy("The program failed with status {status}.", status=sample.exit_status)
        yield Reason(Level.INVALID, lazy("failed"), sentence)
    if sample.wall_ns < SHORTEST_NS:
        sentence = lazy(
            "{wall_ms:.1f} ms is too short to time; the limit is {shortest_ms:g} ms.",
            wall_ms=sample.wall_ns / 1e6,
            shortest_ms=SHORTEST_NS / 1e6,
        )
        yield Reason(Level.INVALID, lazy("too short"), sentence)
        return
    used = sample.utilisation
    if sample.workers == 1 and sample.bound != WAITING and used < LEAST_UTILISATION:
        sentence = lazy("The board was busy with something else: the program got {used:.0%} of a processor.", used=used)
        yield Reason(Level.SUSPECT, BUSY, sentence)


def _company(sample: Sample) -> Iterator[Reason]:
    """What else was at work on the board."""
    if sample.agent_active:
        sentence = lazy("The service that looks for circles was at work beside the program.")
        yield Reason(Level.SUSPECT, AGENT, sentence)
    cores = sample.busy_before_cores
    if cores is not None and cores > MOST_BUSY_CORES:
        sentence = lazy("Something else kept {cores:.1f} cores busy just before the program began.", cores=cores)
        yield Reason(Level.SUSPECT, BUSY, sentence)


def _throttling(sample: Sample) -> Iterator[Reason]:
    """Bits that came up during the run count; those that stick since the board was switched on do not."""
    if sample.throttled_before is None or sample.throttled_after is None:
        return
    seen = [bits for bits in sample.during.throttled if bits is not None] + [sample.throttled_after]
    live = sample.throttled_before & LIVE_BITS
    for bits in seen:
        live |= bits & LIVE_BITS | (bits & ~sample.throttled_before) >> STICKY_SHIFT
    for bit, (kind, what) in THROTTLES.items():
        if live >> bit & 1:
            sentence = lazy("The board slowed itself down: {what} during the run.", what=what)
            yield Reason(Level.INVALID, kind, sentence)


def _voltage(sample: Sample, board: BoardFacts) -> Iterator[Reason]:
    """Say what a board cannot know; that is nothing against its timings, and nothing for them."""
    if sample.throttled_after is None and not board.simulated and board.model.startswith("Raspberry Pi"):
        sentence = lazy("The board did not say whether it slowed itself down.")
        yield Reason(Level.VALID, lazy("not told by the board"), sentence)
    elif BLIND_TO_VOLTAGE.match(board.model):
        sentence = lazy("This model cannot tell whether its voltage was too low.")
        yield Reason(Level.VALID, lazy("not told by the board"), sentence)


def _clock(sample: Sample, board: BoardFacts) -> Iterator[Reason]:
    """Find clocks that were not the governor's; what was seen during the run is the slowest core's.

    What the kernel says is what it asked for; the firmware may do something else, and measures it.
    """
    if sample.governor not in CLOCK_OF:
        return
    wanted = [(policy.name, CLOCK_OF[sample.governor](policy)) for policy in board.policies]
    slowest_khz = min((khz for _, khz in wanted if khz), default=None)
    slowest = [(lazy("The slowest core"), slowest_khz)]
    measured = [(lazy("The processor, as its firmware measures it,"), slowest_khz)]
    measured_lowest = min((khz for khz in sample.during.firmware_clock_khz if khz), default=None)
    lowest = min((khz for khz in sample.during.clock_khz if khz), default=None)
    yield from _off(sample.governor, BEFORE, wanted, sample.clock_before_khz)
    yield from _off(sample.governor, DURING, slowest, [lowest])
    yield from _off(sample.governor, AFTER, wanted, sample.clock_after_khz)
    yield from _off(sample.governor, BEFORE, measured, [sample.firmware_clock_before_khz])
    yield from _off(sample.governor, DURING, measured, [measured_lowest])
    yield from _off(sample.governor, AFTER, measured, [sample.firmware_clock_after_khz])


def _off(
    governor: str, off: str, wanted: Sequence[tuple[str, int | None]], clocks_khz: Sequence[int | None] | None
) -> Iterator[Reason]:
    for (name, wanted_khz), clock_khz in zip(wanted, clocks_khz or [], strict=False):
        if wanted_khz and clock_khz and abs(clock_khz - wanted_khz) > CLOCK_TOLERANCE * wanted_khz:
            sentence = lazy(off, name=name, clock_mhz=clock_khz / 1000, wanted_mhz=wanted_khz / 1000, governor=governor)
            yield Reason(Level.SUSPECT, WRONG_CLOCK, sentence)


def _wide_groups(samples: Sequence[Sample]) -> dict[Condition, tuple[Reason, ...]]:
    """Find the repetitions that differ too much among themselves."""
    times: dict[Condition, list[int]] = defaultdict(list)
    for sample in samples:
        times[sample.condition].append(sample.wall_ns)
    spreads = {condition: stats.spread(values) for condition, values in times.items()}
    return {
        condition: (Reason(Level.SUSPECT, lazy("wide spread"), lazy(WIDE, spread=spread, most=WIDEST_SPREAD)),)
        for condition, spread in spreads.items()
        if spread > WIDEST_SPREAD
    }
