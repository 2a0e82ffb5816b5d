"""How much faster programs become with more workers, beside the ideal."""

from __future__ import annotations

from itertools import chain, groupby
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import MaxNLocator

from fleet.analysis import naming
from fleet.i18n import lazy
from fleet.report.figures.panels import SOFT, end, grid, inline, legend, marks, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.stats import Estimate
    from fleet.analysis.summary import Row
    from fleet.i18n import Language
    from fleet.report.figures.panels import Panel

HEIGHT_IN = 2.7
MOST_TICKS = 8
Gains = dict[str, "list[Row]"]


def draw(panels: Sequence[Panel], language: Language) -> str:
    """Draw a panel for each kind of board; nothing if no program was tried with several workers."""
    gains = [[_gains(board.base_rows) for board in panel.boards] for panel in panels]
    of_boards = list(chain.from_iterable(gains))
    names = sorted(set(chain.from_iterable(of_boards)))
    if not names:
        return ""
    with style():
        figure, axes = grid(len(panels), HEIGHT_IN)
        looks = marks(names)
        for one, panel, of_panel in zip(axes, panels, gains, strict=True):
            _ideal(one, panel, _most_workers(of_panel), language)
            for name, its in chain.from_iterable(of_board.items() for of_board in of_panel):
                _line(one, its, name, looks[name])
            one.set_title(panel.wrapped)
            one.set_xlabel(language(lazy("workers")))
            one.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, integer=True, min_n_ticks=1))
        axes[0].set_ylabel(language(lazy("speed-up")))
        end(axes[0].set_ylim, [top for top in map(_top, of_boards) if top])
        legend(figure, axes)
        return inline(figure, language(lazy("Speed-up of each program by workers")))


def _most_workers(of_panel: Sequence[Gains]) -> int:
    return max((row.workers for of_board in of_panel for its in of_board.values() for row in its), default=1)


def _gains(rows: Sequence[Row]) -> Gains:
    """Return the rows with a speed-up, of the largest size, by experiment."""
    gains = [row for row in rows if row.speed_up]
    found = {}
    for name, its in groupby(gains, key=lambda row: row.experiment):
        listed = list(its)
        largest = max(row.size for row in listed)
        found[name] = [row for row in listed if row.size == largest]
    return found


def _top(of_board: Gains) -> float:
    return max((gain.high for its in of_board.values() for gain in _speed_ups(its)), default=0.0)


def _speed_ups(its: Sequence[Row]) -> list[Estimate]:
    return [row.speed_up for row in its if row.speed_up]


def _cores(panel: Panel, most: int) -> int:
    known = (board.records.board for board in panel.boards if board.records and board.records.board)
    return min((facts.cores for facts in known), default=most)


def _ideal(one: Axes, panel: Panel, most: int, language: Language) -> None:
    ends = min(_cores(panel, most), most)
    one.plot([1, ends], [1, ends], color=SOFT, linestyle="--", linewidth=1, label=language(lazy("ideal")))


def _line(one: Axes, its: Sequence[Row], name: str, mark: dict[str, Any]) -> None:
    gains = _speed_ups(its)
    values = [1.0, *(gain.value for gain in gains)]
    below = [0.0, *(gain.value - gain.low for gain in gains)]
    above = [0.0, *(gain.high - gain.value for gain in gains)]
    workers = [1, *(row.workers for row in its)]
    one.errorbar(workers, values, yerr=[below, above], label=naming.short(name), alpha=0.8, **mark)
