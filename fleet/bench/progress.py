"""How far each board is, told as it happens: a live table on a terminal, plain lines in a pipe."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import Console

LINES_PER_BOARD = 10
REDRAWS_PER_S = 4


@dataclass(frozen=True)
class Progress:
    """Where one board stands."""

    board: str
    step: str = "waiting"
    done: int = 0
    planned: int = 0
    experiment: str = ""
    governor: str = ""

    @property
    def count(self) -> str:
        """How many samples are there, of how many."""
        return f"{self.done} of {self.planned}" if self.planned else ""


def advanced(before: Progress, line: bytes) -> Progress:
    """Move on by one record; a line that is none of our business changes nothing."""
    try:
        record = json.loads(line)
        if record["kind"] == "sample":
            experiment = f"{record['experiment']} x{record['workers']}"
            return replace(
                before,
                step="measuring",
                done=record["index"] + 1,
                planned=record["planned"],
                experiment=experiment,
                governor=record["governor"],
            )
    except (ValueError, KeyError, TypeError):
        return before
    return replace(before, step="making ready") if not before.done else before


class Screen(Protocol):
    """Whoever shows a person how far the boards are."""

    def show(self, progress: Progress) -> None:
        """Show where a board stands."""

    def say(self, sentence: str) -> None:
        """Show a sentence about the whole."""


@contextmanager
def screen(console: Console, boards: Sequence[str]) -> Iterator[Screen]:
    """Show progress as it suits a terminal or a pipe."""
    if not console.is_terminal:
        yield PlainLines(console)
        return
    table = LiveTable(console, boards)
    with Live(console=console, get_renderable=table.draw, refresh_per_second=REDRAWS_PER_S, transient=True):
        yield table


def _print(console: Console, sentence: str) -> None:
    console.print(sentence, soft_wrap=True, markup=False, highlight=False)


class LiveTable:
    """One row per board, redrawn in place."""

    def __init__(self, console: Console, boards: Sequence[str]) -> None:
        self._console = console
        self._rows = {board: Progress(board) for board in boards}

    def draw(self) -> Table:
        """Return the table as it is now."""
        table = Table("board", "state", "samples", "experiment", "governor", box=None)
        for row in self._rows.values():
            table.add_row(row.board, row.step, row.count, row.experiment, row.governor)
        return table

    def show(self, progress: Progress) -> None:
        """Show where a board stands."""
        self._rows[progress.board] = progress

    def say(self, sentence: str) -> None:
        """Show a sentence above the table."""
        _print(self._console, sentence)


class PlainLines:
    """A line whenever a board takes a step, and ten while it measures."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[str, tuple[str, int]] = {}

    def show(self, progress: Progress) -> None:
        """Show where a board stands, unless that was shown already."""
        tenth = LINES_PER_BOARD * progress.done // progress.planned if progress.planned else 0
        if self._shown.get(progress.board) == (progress.step, tenth):
            return
        self._shown[progress.board] = progress.step, tenth
        parts = (progress.board, progress.step, progress.count, progress.experiment, progress.governor)
        self.say("  ".join(part for part in parts if part))

    def say(self, sentence: str) -> None:
        """Show a sentence."""
        _print(self._console, sentence)
