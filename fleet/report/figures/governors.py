"""How long programs take under each governor."""

from __future__ import annotations

from math import inf, log10
from typing import TYPE_CHECKING, Any

from fleet.analysis import naming, summary
from fleet.analysis.condition import ANY_GOVERNOR, ANY_SIZE
from fleet.i18n import lazy
from fleet.report.figures.panels import around, grid, inline, legend, marks, name_rows, style

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.condition import Condition
    from fleet.analysis.summary import Row
    from fleet.i18n import Language
    from fleet.report.figures.panels import Panel

ROW_IN, EDGES_IN = 0.24, 1.1
# How far the governors of one program lie apart, in rows.
APART = 0.3
# The names of the programs take their part of the width.
TITLE_LETTERS = 24
# The suite `full` has 60; of a board that sends more, the others are in the table only.
MOST_ROWS = 80
# Which times are written below a panel that spans at most so many powers of ten: more would touch in a narrow one.
WRITTEN = ((1.0, (1, 2, 5)), (2.0, (1, 3)), (inf, (1,)))


def draw(panels: Sequence[Panel], language: Language) -> str:
    """Draw a panel for each kind of board, a row for each program; nothing if no program ran."""
    boards = [board.rows for panel in panels for board in panel.boards]
    shown = _shown(boards)
    if not shown:
        return ""
    looks = marks([row.governor for rows in boards for row in rows])
    places = {condition: number for number, condition in enumerate(shown)}
    with style():
        figure, axes = grid(len(panels), EDGES_IN + ROW_IN * len(shown))
        for one, panel in zip(axes, panels, strict=True):
            _dots(one, panel, places, looks)
            one.set_title(panel.wrapped(TITLE_LETTERS))
            _scale(one, language)
        name_rows(axes[0], list(shown.values()))
        legend(figure, axes)
        return inline(figure, language(lazy("Real time of each program under each governor")))


def _scale(one: Axes, language: Language) -> None:
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator  # noqa: PLC0415 (see panels.style)

    one.set_xscale("log")
    one.xaxis.set_major_locator(LogLocator(subs=_written(*one.get_xlim())))
    one.xaxis.set_major_formatter(EngFormatter(unit="s"))
    one.xaxis.set_minor_locator(NullLocator())
    one.set_xlabel(language(lazy("real time")))
    one.grid(axis="x", linewidth=0.4)


def _written(least_s: float, most_s: float) -> tuple[int, ...]:
    return next(subs for decades, subs in WRITTEN if log10(most_s / least_s) <= decades)


def _shown(boards: Sequence[Sequence[Row]]) -> dict[Condition, str]:
    """Name what is shown, each once, in the order of the lessons; of a board without end only so much."""
    named: dict[Condition, tuple[Row, str]] = {}
    for rows in boards:
        its = {condition: (row, _name(row, condition)) for row, condition in _placed(rows)}
        named |= dict(list(its.items())[:MOST_ROWS])
    ordered = sorted(named, key=lambda condition: (summary.number(named[condition][0].lesson), condition))
    return {condition: named[condition][1] for condition in ordered}


def _placed(rows: Sequence[Row]) -> Iterator[tuple[Row, Condition]]:
    """Return each row with where it belongs; sizes that every board found for itself have no place of their own."""
    sized = naming.sized(rows)
    return ((row, naming.comparable(row, sized)._replace(governor=ANY_GOVERNOR)) for row in rows)


def _name(row: Row, condition: Condition) -> str:
    size = "" if condition.size == ANY_SIZE else f" {naming.size(row)}"
    return f"{row.lesson} {naming.short(row.experiment)}{size} \N{MULTIPLICATION SIGN}{row.workers}"


def _shown_of(panel: Panel, places: Mapping[Condition, int]) -> list[tuple[Row, Condition]]:
    return [pair for board in panel.boards for pair in _placed(board.rows) if pair[1] in places]


def _dots(one: Axes, panel: Panel, places: Mapping[Condition, int], looks: Mapping[str, dict[str, Any]]) -> None:
    """Draw a dot for each row; those of a governor together, because each call of matplotlib takes its time."""
    placed = _shown_of(panel, places)
    for number, (governor, look) in enumerate(looks.items()):
        aside = APART * (number - (len(looks) - 1) / 2)
        its = [(row, condition) for row, condition in placed if row.governor == governor]
        y = [places[condition] + aside for _, condition in its]
        times = [row.real_s for row, _ in its]
        x = [time.value for time in times]
        of_one = around(times) if len(panel.boards) == 1 else None
        one.errorbar(x, y, xerr=of_one, linestyle="", label=governor, **look)
