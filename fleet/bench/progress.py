"""How far each board is, told as it happens: a live table on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from rich.live import Live

from fleet import cells
from fleet.analysis.records import BoardFacts, End, Event, Records, Sample
from fleet.analysis.verdict import Level, judge
from fleet.i18n import lazy
from fleet.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from fleet.analysis.record_types import Record
    from fleet.i18n import Language

LINES_PER_BOARD = 10
REDRAWS_PER_S = 2
HEADINGS = (
    lazy("board"), lazy("status"), lazy("samples"), lazy("program"), lazy("governor"), lazy("left"), lazy("warm"),
    lazy("warnings"),
)  # fmt: skip
# So many of the last samples tell how fast a board is now: under another governor it is not as fast as before.
RECENT = 20
MAKING_READY = lazy("making ready")


@dataclass(frozen=True)
class Progress:
    """Where one board stands."""

    board: str
    step: str = lazy("waiting")
    done: int = 0
    planned: int = 0
    experiment: str = ""
    governor: str = ""
    temperature_c: float | None = None
    # How many samples each warning was about.
    warnings: Mapping[str, int] = field(default_factory=dict)
    facts: BoardFacts | None = None
    # When the last samples were taken, by the board's own clock.
    taken_s: tuple[float, ...] = ()

    @property
    def count(self) -> str:
        """How many samples are there, of how many."""
        return lazy("{done} of {planned}", done=self.done, planned=self.planned) if self.planned else ""

    @property
    def left(self) -> str:
        """How long it will go on, about."""
        if len(self.taken_s) < 2 or self.done >= self.planned:  # noqa: PLR2004 (one sample has no distance)
            return ""
        each_s = (self.taken_s[-1] - self.taken_s[0]) / (len(self.taken_s) - 1)
        left_s = max(0, round((self.planned - self.done) * each_s))
        return f"{left_s // 60}:{left_s % 60:02}"

    @property
    def temperature(self) -> str:
        """The temperature as people write it."""
        return "" if self.temperature_c is None else f"{self.temperature_c:.0f} °C"

    def warnings_text(self, say: Language) -> str:
        """What the samples are suspected of, and how many."""
        return ", ".join(f"{say(kind)} ({count})" for kind, count in self.warnings.items())


def advanced(before: Progress, record: Record | None) -> Progress:
    """Move on by one record; a line that is none changes nothing."""
    match record:
        case Sample() as sample:
            return _sampled(before, sample)
        case BoardFacts() as facts if before.facts is None and not before.done:
            return replace(before, step=MAKING_READY, facts=facts)
        case Event() | End() if not before.done:
            return replace(before, step=MAKING_READY)
    return before


def _sampled(before: Progress, sample: Sample) -> Progress:
    """Move on by a sample; never back, so that no board can have its steps told without end."""
    heat_mc = sample.temperature_after_mc
    return replace(
        before,
        step=lazy("measuring"),
        done=max(before.done, sample.index + 1),
        planned=before.planned or sample.planned,
        experiment=f"{sample.experiment} x{sample.workers}",
        governor=sample.governor,
        temperature_c=None if heat_mc is None else heat_mc / 1000,
        warnings=_warnings(before, sample),
        taken_s=(*before.taken_s, *_seconds(sample.utc))[-RECENT:],
    )


def _warnings(before: Progress, sample: Sample) -> dict[str, int]:
    """Count what is held against the samples so far; that the hardware is simulated is no news."""
    judged = judge(Records(before.board, before.facts, (sample,)))
    kinds = {reason.kind for each in judged for reason in each.reasons if reason.level > Level.VALID}
    counted = Counter(before.warnings)
    counted.update(sorted(kinds - {"simulated", "unknown board"}))
    return dict(counted)


def _seconds(utc: str) -> list[float]:
    try:
        return [datetime.fromisoformat(utc).timestamp()]
    except ValueError:
        return []


class Screen(Protocol):
    """Whoever shows a person how far the boards are."""

    def show(self, progress: Progress) -> None:
        """Show where a board stands."""

    def say(self, sentence: str) -> None:
        """Show a sentence about the whole."""


@contextmanager
def screen(console: Console, boards: Sequence[str], language: Language) -> Iterator[Screen]:
    """Show progress as it suits a terminal or a pipe."""
    if not console.is_terminal:
        yield PlainLines(console, language)
        return
    table = LiveTable(console, boards, language)
    with Live(console=console, get_renderable=table.draw, refresh_per_second=REDRAWS_PER_S, transient=True):
        yield table


def _print(console: Console, sentence: str) -> None:
    console.print(visible(sentence), soft_wrap=True, markup=False, highlight=False)


class LiveTable:
    """One row per board, redrawn in place."""

    def __init__(self, console: Console, boards: Sequence[str], language: Language) -> None:
        self._console = console
        self._say = language
        self._rows = {board: Progress(board) for board in boards}

    def draw(self) -> Table:
        """Return the table as it is now."""
        say = self._say
        table = cells.table(*map(say, HEADINGS), box=None, pad_edge=True)
        for row in self._rows.values():
            words = (row.board, row.step, row.count, row.experiment, row.governor, row.left, row.temperature)
            table.add_row(*cells.cells((*map(say, words), row.warnings_text(say))))
        return table

    def show(self, progress: Progress) -> None:
        """Show where a board stands."""
        self._rows[progress.board] = progress

    def say(self, sentence: str) -> None:
        """Show a sentence above the table."""
        _print(self._console, self._say(sentence))


class PlainLines:
    """A line whenever a board takes a step, and ten while it measures."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console = console
        self._say = language
        self._shown: dict[str, tuple[str, int]] = {}

    def show(self, progress: Progress) -> None:
        """Show where a board stands, unless that was shown already."""
        tenth = min(LINES_PER_BOARD, LINES_PER_BOARD * progress.done // progress.planned) if progress.planned else 0
        if self._shown.get(progress.board) == (progress.step, tenth):
            return
        self._shown[progress.board] = progress.step, tenth
        left = lazy("{time} left", time=progress.left) if progress.left else ""
        parts = (progress.board, progress.step, progress.count, progress.experiment, progress.governor, left)
        shown = (*map(self._say, (*parts, progress.temperature)), progress.warnings_text(self._say))
        _print(self._console, "  ".join(part for part in shown if part))

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        _print(self._console, self._say(sentence))
