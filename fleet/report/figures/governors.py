"""How long programs take under each governor."""

from __future__ import annotations

from math import inf, log10
from typing import TYPE_CHECKING

from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from fleet.analysis import summary
from fleet.i18n import lazy
from fleet.report.figures.panels import grid, inline, legend, marks, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.summary import Row
    from fleet.i18n import Language
    from fleet.report.figures.panels import Panel

ROW_IN, EDGES_IN = 0.24, 1.1
# How far the governors of one program lie apart, in rows.
APART = 0.3
# The suite `full` has 60; of a board that sends more, the others are in the table only.
MOST_ROWS = 80
# Which times are written below a panel that spans at most so many powers of ten: more would touch in a narrow one.
WRITTEN = ((1.0, (1, 2, 5)), (2.0, (1, 3)), (inf, (1,)))


def draw(panels: Sequence[Panel], language: Language) -> str:
    """Draw a panel for each kind of board, a row for each program; nothing if no program ran."""
    lines = [line for panel in panels for board in panel.boards for line in board.lines]
    if not lines:
        return ""
    shown = {row for panel in panels for board in panel.boards for row in _rows(board.lines)}
    rows = [row for row in _rows(lines, len(lines)) if row in shown]
    governors = list(dict.fromkeys(line.governor for line in lines))
    with style():
        figure, axes = grid(len(panels), EDGES_IN + ROW_IN * len(rows))
        for one, panel in zip(axes, panels, strict=True):
            _dots(one, panel, rows, governors)
            one.set_title(panel.wrapped)
            one.set_xscale("log")
            one.xaxis.set_major_locator(LogLocator(subs=_written(*one.get_xlim())))
            one.xaxis.set_major_formatter(EngFormatter(unit="s"))
            one.xaxis.set_minor_locator(NullLocator())
            one.set_xlabel(language(lazy("real time")))
            one.grid(axis="x", linewidth=0.4)
        axes[0].set_yticks(range(len(rows)), rows)
        axes[0].set_ylim(len(rows) - 0.5, -0.5)
        legend(figure, axes)
        return inline(figure, language(lazy("Real time of each program under each governor")))


def _written(least_s: float, most_s: float) -> tuple[int, ...]:
    return next(subs for decades, subs in WRITTEN if log10(most_s / least_s) <= decades)


def _order(line: Row) -> tuple[int, str, int, int]:
    return summary.number(line.lesson), line.experiment, line.size, line.workers


def _rows(lines: Sequence[Row], most: int = MOST_ROWS) -> list[str]:
    """Name the rows, each once, in the order of the lessons."""
    return list(dict.fromkeys(_row(line) for line in sorted(lines, key=_order)))[:most]


def _row(line: Row) -> str:
    """Name a row; sizes that every board found for itself are no rows of their own."""
    size = f" {summary.size(line)}" if line.size_unit == summary.BYTES else ""
    return f"{line.lesson} {summary.short(line.experiment)}{size} \N{MULTIPLICATION SIGN}{line.workers}"


def _dots(one: Axes, panel: Panel, rows: Sequence[str], governors: Sequence[str]) -> None:
    """Draw a dot for each line; those of a governor together, because each call of matplotlib takes its time."""
    place = {row: number for number, row in enumerate(rows)}
    lines = [line for board in panel.boards for line in board.lines if _row(line) in place]
    for number, (governor, mark) in enumerate(marks(governors).items()):
        its = [line for line in lines if line.governor == governor]
        y = [place[_row(line)] + APART * (number - (len(governors) - 1) / 2) for line in its]
        times = [line.real_s for line in its]
        ranges = [[time.value - time.low for time in times], [time.high - time.value for time in times]]
        one.errorbar([time.value for time in times], y, xerr=ranges, linestyle="", label=governor, alpha=0.8, **mark)
