"""The boards beside one another, program by program."""

from __future__ import annotations

import textwrap
from collections import Counter
from statistics import mode
from typing import TYPE_CHECKING

from fleet.analysis import naming
from fleet.i18n import lazy, noop
from fleet.report.figures.panels import COLOURS, ODD, around, grid, inline, name_rows, reach, style

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.condition import Condition
    from fleet.analysis.outliers import Outlier
    from fleet.analysis.summary import Row
    from fleet.i18n import Language, LazyText
    from fleet.report.board import BoardView

ROW_IN, EDGES_IN = 0.15, 0.9
# A board is one row through all programs; more of them beside one another would be too narrow for their units.
MOST_COLUMNS, NAME_LETTERS, UNIT_LETTERS = 7, 18, 18
# So that the dot of the fastest board is whole.
ROOM = 1.1
# The boards know half as many.
MOST_PANELS = 30
THOUSANDS = {
    10**9: noop("billion {unit} per second"),
    10**6: noop("million {unit} per second"),
    10**3: noop("thousand {unit} per second"),
    1: noop("{unit} per second"),
}


def draw(measured: Sequence[BoardView], odd: Sequence[Outlier], language: Language) -> str:
    """Draw a panel for each program, a row for each board; nothing if fewer than two boards measured."""
    programs = _programs(measured)
    if not programs:
        return ""
    standing_out = {(one.host, one.condition) for one in odd}
    with style():
        figure, axes = grid(len(programs), EDGES_IN + ROW_IN * len(measured), MOST_COLUMNS)
        for one, program in zip(axes, programs, strict=True):
            _panel(one, _by_place(measured, program), standing_out, language)
            one.set_title(textwrap.fill(naming.short(program), NAME_LETTERS), fontsize=7.5)
        name_rows(axes[0], [_name(board, language) for board in measured])
        return inline(figure, language(lazy("Work per second of each board, program by program")))


def _panel(
    one: Axes, shown: Mapping[int, Row], standing_out: Collection[tuple[str, Condition]], language: Language
) -> None:
    """Draw one program; a dot is red if the very timings that it shows stand out."""
    scale, words = _scale(list(shown.values()))
    odd = {place: row for place, row in shown.items() if (row.host, row.condition) in standing_out}
    _dots(one, {place: row for place, row in shown.items() if place not in odd}, scale, COLOURS[0])
    _dots(one, odd, scale, ODD)
    highs = [row.rate_per_s.high / scale for row in shown.values()]
    one.set_xlim(left=0, right=reach(highs) or ROOM * max(highs))
    one.locator_params(axis="x", nbins=3)
    one.set_xlabel(textwrap.fill(language(words), UNIT_LETTERS), fontsize=7.5)
    one.grid(axis="x", linewidth=0.4)


def _by_place(measured: Sequence[BoardView], program: str) -> dict[int, Row]:
    """Return what is shown of each board that ran a program, by the place of the board."""
    return {place: row for place, board in enumerate(measured) if (row := _most_workers(board, program))}


def _programs(measured: Sequence[BoardView]) -> list[str]:
    """Name the programs that several boards measured, and of those no more than can be looked at."""
    counted = Counter(name for board in measured for name in {row.experiment for row in board.base_rows})
    shown = {name for name, boards in counted.most_common(MOST_PANELS) if boards > 1}
    named = dict.fromkeys(row.experiment for board in measured for row in board.base_rows)
    return [name for name in named if name in shown]


def _most_workers(board: BoardView, program: str) -> Row | None:
    rows = [row for row in board.base_rows if row.experiment == program]
    return max(rows, key=lambda row: (row.workers, row.size), default=None)


def _scale(rows: Sequence[Row]) -> tuple[float, LazyText]:
    """Choose the unit in which the fastest board has a handy number."""
    rates, name = [row.rate_per_s.value for row in rows], mode(row.size_unit for row in rows)
    fastest, unit = reach(rates) or max(rates), lazy(name)
    if name == naming.BYTES:
        return 2**20, lazy("MiB per second")
    scale = next((scale for scale in THOUSANDS if fastest >= scale), min(THOUSANDS))
    return scale, lazy(THOUSANDS[scale], unit=unit)


def _dots(one: Axes, rows: Mapping[int, Row], scale: float, colour: str) -> None:
    """Draw a dot for each board; all of one colour together, because each call of matplotlib takes its time."""
    rates = [row.rate_per_s for row in rows.values()]
    middles = [rate.value / scale for rate in rates]
    one.errorbar(middles, list(rows), xerr=around(rates, scale), fmt="o", color=colour)


def _name(board: BoardView, language: Language) -> str:
    return f"{board.name} ({language(lazy('simulated'))})" if board.is_simulated else board.name
