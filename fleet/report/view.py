"""What the page shows, worked out before the template is filled; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleet import claims, summary
from fleet.report.chart import Chart, chart
from fleet.verdict import Level, judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.claims import Claim
    from fleet.outcome import Outcome
    from fleet.records import Records
    from fleet.results import Manifest
    from fleet.summary import Line

LEFT_OUT = ("failed", "skipped", "governor-left", "interrupted")


@dataclass(frozen=True)
class BoardView:
    """One board on the page."""

    outcome: Outcome
    records: Records | None
    lines: tuple[Line, ...]
    chart: Chart
    claims: tuple[Claim, ...]

    @property
    def name(self) -> str:
        """The name of the board."""
        return self.outcome.board

    @property
    def is_simulated(self) -> bool:
        """Tell whether its numbers come from virtual hardware."""
        return self.records is not None and self.records.is_simulated

    @property
    def doubts(self) -> list[str]:
        """What is held against its timings, the most frequent first, each once."""
        judged = judge(self.records) if self.records else []
        counted = Counter(reason.kind for each in judged for reason in each.reasons)
        return [f"{kind}: {times} of {len(judged)}." for kind, times in counted.most_common()]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """What the board is, as pairs of words."""
        return _facts(self.records) if self.records else []


@dataclass(frozen=True)
class Page:
    """Everything that the template needs."""

    manifest: Manifest
    sentences: tuple[str, ...]
    boards: tuple[BoardView, ...]
    left_out: tuple[str, ...]

    @property
    def plan(self) -> dict[str, Any]:
        """What was asked for."""
        return self.manifest.plan

    @property
    def measured(self) -> list[BoardView]:
        """The boards with numbers."""
        return [board for board in self.boards if board.lines]

    @property
    def is_simulated(self) -> bool:
        """Tell whether any number on the page comes from virtual hardware."""
        return any(board.is_simulated for board in self.measured)

    @property
    def claim_rows(self) -> list[tuple[Claim, list[Claim]]]:
        """Each statement once, with what became of it on every board."""
        by_board = [board.claims for board in self.measured]
        return [(each[0], list(each)) for each in zip(*by_board, strict=True)]


def page(
    manifest: Manifest, outcomes: Sequence[Outcome], found: Mapping[str, Records], complaints: Sequence[str]
) -> Page:
    """Work out the page of a run."""
    boards = tuple(_board(outcome, found.get(outcome.board)) for outcome in outcomes)
    return Page(manifest, tuple(_sentences(boards)), boards, tuple(_left_out(boards, complaints)))


def _board(outcome: Outcome, records: Records | None) -> BoardView:
    lines = tuple(summary.lines(records)) if records else ()
    held = tuple(claims.check(records)) if records else ()
    return BoardView(outcome, records, lines, chart(lines), held)


def _sentences(boards: Sequence[BoardView]) -> list[str]:
    """Sum the run up for somebody who reads nothing else."""
    well = [board.name for board in boards if board.outcome.is_ok]
    sentences = [f"{len(well)} of {len(boards)} boards measured everything that was asked for."]
    levels = Counter(judged.level for board in boards if board.records for judged in judge(board.records))
    if levels:
        sentences.append(
            f"Of {levels.total()} timings {levels[Level.VALID]} are valid, {levels[Level.SUSPECT]} suspect and "
            f"{levels[Level.INVALID]} invalid; the invalid ones are left out of every number below."
        )
    findings = Counter(str(claim.finding) for board in boards for claim in board.claims)
    if findings:
        told = ", ".join(f"{findings[finding]} {finding}" for finding in claims.Finding)
        sentences.append(f"The course's statements, counted once per board: {told}.")
    return sentences


def _left_out(boards: Sequence[BoardView], complaints: Sequence[str]) -> list[str]:
    """List everything that is not on the page although somebody may look for it."""
    told = [board.outcome.sentence for board in boards if board.outcome.sentence]
    for board in boards:
        told += _events(board)
    return list(dict.fromkeys([*told, *complaints]))


def _events(board: BoardView) -> list[str]:
    if board.records is None:
        return []
    told = [f"{board.name}: {event.message}" for event in board.records.events if event.what in LEFT_OUT]
    return [*told, f"{board.name}: {board.records.flaw}"] if board.records.flaw else told


def _facts(records: Records) -> list[tuple[str, str]]:
    facts = records.board
    if facts is None:
        return []
    clocks = [f"{policy.name} {_mhz(policy.min_khz)} to {_mhz(policy.max_khz)} MHz" for policy in facts.policies]
    return [
        ("model", facts.model or "unknown"),
        ("hardware", f"simulated ({facts.virtualization})" if facts.simulated else "real"),
        ("serial", facts.serial or "unknown"),
        ("system", facts.os_pretty),
        ("kernel", f"{facts.kernel}, {facts.machine}"),
        ("userland", facts.userland or "unknown"),
        ("processors", f"{facts.cores}; {', '.join(clocks) or 'no cpufreq'}"),
        ("memory", f"{facts.memory_bytes / 2**20:.0f} MiB in pages of {facts.page_size_bytes // 1024} KiB"),
        ("gcc, Python, OpenCV", f"{facts.gcc or '-'}, {facts.python}, {facts.opencv or '-'}"),
        ("the agent", "ran before and was stopped for the run" if facts.agent_was_active else "did not run"),
    ]


def _mhz(clock_khz: int | None) -> str:
    return f"{clock_khz / 1000:.0f}" if clock_khz else "?"
