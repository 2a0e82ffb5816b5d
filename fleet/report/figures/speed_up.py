"""How much faster programs become with more workers, beside the ideal."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain, groupby
from statistics import median
from typing import TYPE_CHECKING, Any

from fleet.analysis import naming
from fleet.analysis.stats import Estimate
from fleet.i18n import lazy
from fleet.report.figures.panels import SOFT, around, end, grid, inline, legend, marks, name_ends, style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.summary import Row
    from fleet.i18n import Language
    from fleet.report.figures.panels import Panel

HEIGHT_IN, EDGES_IN = 1.9, 0.8
MOST_TICKS = 8
# A board whose gain is so far from the middle one's is named, as many as fit beside a panel.
FAR_OFF, MOST_NAMES = 0.1, 16
Gains = dict[str, "list[Row]"]


def draw(panels: Sequence[Panel], language: Language) -> str:
    """Draw a panel for each kind of board; nothing if no program was tried with several workers."""
    gains = [{board.name: _gains(board.base_rows) for board in panel.boards} for panel in panels]
    of_boards = [of_board for of_panel in gains for of_board in of_panel.values()]
    names = sorted(set(chain.from_iterable(of_boards)))
    if not names:
        return ""
    looks = marks(names)
    with style():
        figure, axes = grid(len(panels), HEIGHT_IN + EDGES_IN)
        named = [_lines(one, of_panel, looks) for one, of_panel in zip(axes, gains, strict=True)]
        for one, panel, of_panel in zip(axes, panels, gains, strict=True):
            _ideal(one, panel, _most_workers(list(of_panel.values())), language)
            _label(one, panel, language)
        axes[0].set_ylabel(language(lazy("speed-up")))
        end(axes[0].set_ylim, list(filter(None, map(_top, of_boards))))
        for one, ends in zip(axes, named, strict=True):
            name_ends(one, ends[:MOST_NAMES], HEIGHT_IN)
        legend(figure, axes)
        return inline(figure, language(lazy("Speed-up of each program by workers")))


def _lines(one: Axes, of_panel: Mapping[str, Gains], looks: Mapping[str, Any]) -> list[tuple[str, float, float, str]]:
    """Draw the programs of a panel; return the names of boards that are far from the middle one, with their places."""
    return [end for name, look in looks.items() for end in _line(one, name, _among(of_panel, name), look)]


def _label(one: Axes, panel: Panel, language: Language) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 (see panels.style)

    one.set_title(panel.wrapped())
    one.set_xlabel(language(lazy("workers")))
    one.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, integer=True, min_n_ticks=1))


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


def _among(of_panel: Mapping[str, Gains], name: str) -> dict[int, list[tuple[str, Estimate]]]:
    """Return by workers what each board of a panel gained from them."""
    found: dict[int, list[tuple[str, Estimate]]] = defaultdict(list)
    for board, its in of_panel.items():
        for row in its.get(name, []):
            if row.speed_up:
                found[row.workers].append((board, row.speed_up))
    return dict(sorted(found.items()))


def _line(
    one: Axes, name: str, by_workers: Mapping[int, list[tuple[str, Estimate]]], mark: dict[str, Any]
) -> list[tuple[str, float, float, str]]:
    """Draw the middle board from the slowest to the fastest; return the names of those that are far from it.

    Of a single board the line reaches over the confidence interval.
    """
    shown = [_reach([gain for _, gain in gains]) for gains in by_workers.values()]
    if not shown:
        return []
    values = [1.0, *(gain.value for gain in shown)]
    below, above = around(shown)
    one.errorbar([1, *by_workers], values, yerr=[[0, *below], [0, *above]], label=naming.short(name), **mark)
    most = max(by_workers)
    far = [(board, gain.value) for board, gain in by_workers[most] if _is_far(gain.value, values[-1])]
    return [(board, float(most), value, mark["color"]) for board, value in far]


def _reach(gains: Sequence[Estimate]) -> Estimate:
    values = [gain.value for gain in gains]
    return gains[0] if len(gains) == 1 else Estimate(median(values), min(values), max(values))


def _is_far(value: float, middle: float) -> bool:
    return abs(value / middle - 1) > FAR_OFF
