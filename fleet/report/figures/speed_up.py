"""How much faster programs become with more workers, beside the ideal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import MaxNLocator

from fleet.analysis import summary
from fleet.i18n import lazy
from fleet.report.figures.panels import SOFT, base_lines, end, grid, inline, legend, marks, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.stats import Estimate
    from fleet.analysis.summary import Row
    from fleet.i18n import Language
    from fleet.report.figures.panels import Panel

HEIGHT_IN = 2.7
MOST_TICKS = 8


def draw(panels: Sequence[Panel], language: Language) -> str:
    """Draw a panel for each kind of board; nothing if no program was tried with several workers."""
    gains = [[_gains(base_lines(board)) for board in panel.boards] for panel in panels]
    names = sorted({name for of_panel in gains for of_board in of_panel for name in of_board})
    if not names:
        return ""
    tops = [
        max((gain.high for its in of_board.values() for gain in _speed_ups(its)), default=0.0)
        for of_panel in gains
        for of_board in of_panel
    ]
    with style():
        figure, axes = grid(len(panels), HEIGHT_IN)
        looks = marks(names)
        for one, panel, of_panel in zip(axes, panels, gains, strict=True):
            most = max((line.workers for of_board in of_panel for its in of_board.values() for line in its), default=1)
            _ideal(one, _cores(panel, most), most, language)
            for of_board in of_panel:
                for name, its in of_board.items():
                    _line(one, its, name, looks[name])
            one.set_title(panel.wrapped)
            one.set_xlabel(language(lazy("workers")))
            one.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, integer=True, min_n_ticks=1))
        axes[0].set_ylabel(language(lazy("times as fast")))
        end(axes[0].set_ylim, [most for most in tops if most])
        legend(figure, axes)
        return inline(figure, language(lazy("Speed-up of each program by workers")))


def _gains(lines: Sequence[Row]) -> dict[str, list[Row]]:
    """Return the lines with a speed-up, of the largest size, by experiment."""
    gains = [line for line in lines if line.speed_up]
    found = {}
    for name, its in groupby(gains, key=lambda line: line.experiment):
        listed = list(its)
        largest = max(line.size for line in listed)
        found[name] = [line for line in listed if line.size == largest]
    return found


def _speed_ups(its: Sequence[Row]) -> list[Estimate]:
    return [line.speed_up for line in its if line.speed_up]


def _cores(panel: Panel, most: int) -> int:
    known = (board.records.board for board in panel.boards if board.records and board.records.board)
    return min((facts.cores for facts in known), default=most)


def _ideal(one: Axes, cores: int, most: int, language: Language) -> None:
    ends = min(cores, most)
    one.plot([1, ends], [1, ends], color=SOFT, linestyle="--", linewidth=1, label=language(lazy("ideal")))


def _line(one: Axes, its: Sequence[Row], name: str, mark: dict[str, Any]) -> None:
    gains = _speed_ups(its)
    values = [1.0, *(gain.value for gain in gains)]
    below = [0.0, *(gain.value - gain.low for gain in gains)]
    above = [0.0, *(gain.high - gain.value for gain in gains)]
    workers = [1, *(line.workers for line in its)]
    one.errorbar(workers, values, yerr=[below, above], label=summary.short(name), alpha=0.8, **mark)
