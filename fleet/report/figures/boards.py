"""The boards beside one another, program by program."""

from __future__ import annotations

from collections import Counter
from statistics import mode
from typing import TYPE_CHECKING

from fleet.analysis import summary
from fleet.i18n import lazy, noop
from fleet.report.figures.panels import COLOURS, ODD, base_lines, grid, inline, reach, style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.outliers import Outlier
    from fleet.analysis.summary import Row
    from fleet.i18n import Language, LazyText
    from fleet.report.board import BoardView

ROW_IN, EDGES_IN = 0.19, 0.9
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
    noop = {(one.host, one.experiment) for one in odd}
    with style():
        figure, axes = grid(len(programs), EDGES_IN + ROW_IN * len(measured))
        for one, program in zip(axes, programs, strict=True):
            lines = {row: line for row, board in enumerate(measured) if (line := _most_workers(board, program))}
            scale, words = _scale(list(lines.values()))
            standing_out = {row: line for row, line in lines.items() if (line.host, program) in noop}
            _dots(one, {row: line for row, line in lines.items() if row not in standing_out}, scale, COLOURS[0])
            _dots(one, standing_out, scale, ODD)
            one.set_title(summary.short(program))
            one.set_xlim(left=0, right=reach([line.rate_per_s.high / scale for line in lines.values()]))
            one.locator_params(axis="x", nbins=5)
            one.set_xlabel(language(words))
            one.grid(axis="x", linewidth=0.4)
        axes[0].set_yticks(range(len(measured)), [_name(board, language) for board in measured])
        axes[0].set_ylim(len(measured) - 0.5, -0.5)
        return inline(figure, language(lazy("Work per second of each board, program by program")))


def _programs(measured: Sequence[BoardView]) -> list[str]:
    """Name the programs that several boards measured, and of those no more than can be looked at."""
    counted = Counter(name for board in measured for name in {line.experiment for line in base_lines(board)})
    shown = {name for name, boards in counted.most_common(MOST_PANELS) if boards > 1}
    named = dict.fromkeys(line.experiment for board in measured for line in base_lines(board))
    return [name for name in named if name in shown]


def _most_workers(board: BoardView, program: str) -> Row | None:
    lines = [line for line in base_lines(board) if line.experiment == program]
    return max(lines, key=lambda line: (line.workers, line.size), default=None)


def _scale(lines: Sequence[Row]) -> tuple[float, LazyText]:
    """Choose the unit in which the fastest board has a handy number."""
    rates, name = [line.rate_per_s.value for line in lines], mode(line.size_unit for line in lines)
    fastest, unit = reach(rates) or max(rates), lazy(name)
    if name == summary.BYTES:
        return 2**20, lazy("MiB per second")
    scale = next((scale for scale in THOUSANDS if fastest >= scale), min(THOUSANDS))
    return scale, lazy(THOUSANDS[scale], unit=unit)


def _dots(one: Axes, lines: Mapping[int, Row], scale: float, colour: str) -> None:
    """Draw a dot in each row; all of one colour together, because each call of matplotlib takes its time."""
    rates = [line.rate_per_s for line in lines.values()]
    ranges = [[(rate.value - rate.low) / scale for rate in rates], [(rate.high - rate.value) / scale for rate in rates]]
    one.errorbar([rate.value / scale for rate in rates], list(lines), xerr=ranges, fmt="o", color=colour)


def _name(board: BoardView, language: Language) -> str:
    return f"{board.name} ({language(lazy('simulated'))})" if board.is_simulated else board.name
