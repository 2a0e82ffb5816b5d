"""One board on the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.analysis.verdict import Level
from fleet.i18n import LazyText, lazy, noop

if TYPE_CHECKING:
    from fleet.analysis.board import BoardAnalysis, BoardKind
    from fleet.analysis.claims import Claim
    from fleet.analysis.records import BoardFacts, Records
    from fleet.analysis.summary import Row
    from fleet.analysis.verdict import Judged
    from fleet.boards.outcome import Outcome

MOST_HAPPENED = 20
LEFT_OUT = (
    "failed", "given-up", "skipped", "left-out", "governor-left", "interrupted", "restless", "throttle-history",
    "no-energy",
)  # fmt: skip


@dataclass(frozen=True)
class Caveat:
    """A kind of reason: how many timings have it, and the sentence that the first of them has."""

    count: LazyText
    sentence: str


@dataclass(frozen=True)
class BoardView:
    """A board with what it measured, if it did."""

    outcome: Outcome
    analysis: BoardAnalysis | None

    @property
    def name(self) -> str:
        """The name of the board."""
        return self.outcome.board

    @property
    def records(self) -> Records | None:
        """What it recorded."""
        return self.analysis.records if self.analysis else None

    @property
    def judged(self) -> list[Judged]:
        """Its samples with their verdicts."""
        return self.analysis.judged if self.analysis else []

    @property
    def rows(self) -> list[Row]:
        """The medians of its programs."""
        return self.analysis.rows if self.analysis else []

    @property
    def base_rows(self) -> list[Row]:
        """The medians under the governor that programs are compared under."""
        return [row for row in self.rows if self.analysis and row.governor == self.analysis.governor]

    @property
    def claims(self) -> list[Claim]:
        """The course's statements, held against it."""
        return self.analysis.claims if self.analysis else []

    @property
    def kind(self) -> BoardKind | None:
        """What it has in common with boards that it may be compared with."""
        return self.analysis.kind if self.analysis else None

    @property
    def is_simulated(self) -> bool:
        """Tell whether its numbers come from virtual hardware."""
        return self.records is not None and self.records.is_simulated

    @property
    def caveats(self) -> list[Caveat]:
        """What is held against its timings, the most frequent first, each once."""
        first: dict[str, str] = {}
        counted: Counter[str] = Counter()
        for each in self.judged:
            sentences = {reason.kind: reason.sentence for reason in each.reasons}
            counted.update(sentences.keys())
            first = sentences | first
        return [
            Caveat(lazy("{kind}: {times} of {all} timings.", kind=kind, times=times, all=len(self.judged)), first[kind])
            for kind, times in counted.most_common()
        ]

    @property
    def happened(self) -> list[str]:
        """What the board or the teacher's computer said about things that are missing, in their own words."""
        if self.records is None:
            return []
        told: list[str] = list(dict.fromkeys(event.message for event in self.records.events if event.what in LEFT_OUT))
        if len(told) > MOST_HAPPENED:
            left = len(told) - MOST_HAPPENED
            told = [*told[:MOST_HAPPENED], lazy("and {count} more of this kind.", count=left)]
        if not self.rows:
            told.append(self._nothing_usable(len(self.records.samples)))
        return [*told, self.records.flaw] if self.records.flaw else told

    def kinds(self, level: Level) -> Counter[str]:
        """Count the timings of a level by what is held against them."""
        return Counter(
            kind
            for each in self.judged
            if each.level is level
            for kind in {reason.kind: reason for reason in each.reasons if reason.level is level}
        )

    @property
    def invalid(self) -> int:
        """How many of its timings do not count."""
        return sum(each.level is Level.INVALID for each in self.judged)

    @property
    def spoilt(self) -> str:
        """Say how many timings do not count and why most of them do not; nothing if all count."""
        if not self.invalid:
            return ""
        return lazy(
            "{count} of its {all} timings do not count; most often: {kind}.",
            count=self.invalid, all=len(self.judged), kind=self.kinds(Level.INVALID).most_common(1)[0][0],
        )  # fmt: skip

    @property
    def status(self) -> str:
        """Say in a few words how it ended: as its row does, or why not all of its timings count."""
        if not self.outcome.is_ok or not self.invalid:
            return self.outcome.state
        kind = self.kinds(Level.INVALID).most_common(1)[0][0]
        return lazy("{kind} ({count} of {all})", kind=kind, count=self.invalid, all=len(self.judged))

    def _nothing_usable(self, count: int) -> str:
        if count == 0:
            return lazy("nothing was timed.")
        template = noop("none of its {count} timings can be used. {commonest}")
        return lazy(template, count=count, commonest=self.caveats[0].count)

    @property
    def serial(self) -> str:
        """Its serial number, if it told one."""
        return self.records.board.serial if self.records and self.records.board else ""

    @property
    def facts(self) -> list[tuple[LazyText, str]]:
        """What the board and all like it are, as pairs of words."""
        return _facts(self.records.board) if self.records and self.records.board else []


def _facts(facts: BoardFacts) -> list[tuple[LazyText, str]]:
    clocks = [f"{policy.name} {_mhz(policy.min_khz)}-{_mhz(policy.max_khz)} MHz" for policy in facts.policies]
    real, unknown = lazy("real hardware"), lazy("not known")
    ran, still = lazy("ran before; was paused during the run"), lazy("did not run")
    return [
        (lazy("model"), facts.model or unknown),
        (lazy("hardware"), lazy("simulated ({by})", by=facts.virtualization) if facts.simulated else real),
        (lazy("system"), facts.os_pretty),
        (lazy("kernel"), f"{facts.kernel}, {facts.machine}"),
        (lazy("userland"), facts.userland or unknown),
        (lazy("processors"), f"{facts.cores}; {', '.join(clocks) or '-'}"),
        (lazy("main memory"), _memory(facts)),
        (lazy("gcc, Python, OpenCV"), f"{facts.gcc or '-'}, {facts.python}, {facts.opencv or '-'}"),
        (lazy("circle service"), ran if facts.agent_was_active else still),
    ]


def _memory(facts: BoardFacts) -> LazyText:
    mib, page_kib = facts.memory_bytes / 2**20, facts.page_size_bytes // 1024
    return lazy("{mib:.0f} MiB in pages of {page_kib} KiB", mib=mib, page_kib=page_kib)


def _mhz(clock_khz: int | None) -> str:
    return f"{clock_khz / 1000:.0f}" if clock_khz else "?"
