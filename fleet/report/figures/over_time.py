"""The boards while they worked: clock and temperature."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import cycle
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from fleet.report.figures.panels import COLOURS, MOST_POINTS, NAME_IN, grid, inline, name_ends, reach, style

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.records import Sample
    from fleet.i18n import Language
    from fleet.report.board import BoardView
    from fleet.report.figures.panels import Panel

HEIGHT_IN, EDGES_IN = 1.3, 0.95
# No run takes a day; what a board dates later, by a clock that was set in between, is not shown.
LONGEST_S = 86_400


@dataclass(frozen=True)
class Moment:
    """What was seen at a moment: seconds since the first, the slowest core's clock and the temperature."""

    at_s: float
    clock_khz: int | None
    temperature_mc: int | None


Quantity = Callable[[Moment], "float | None"]


def draw(panels: Sequence[Panel], language: Language) -> str:
    """Draw two panels for each kind of board; nothing if no moment is known."""
    seen = [(panel, {board.name: its for board in panel.boards if (its := _seen(board))}) for panel in panels]
    shown = [(panel, found) for panel, found in seen if found]
    if not shown:
        return ""
    quantities: tuple[tuple[str, Quantity, Callable[[list[float]], float]], ...] = (
        (language(lazy("clock in MHz")), _clock_mhz, min),
        (language(lazy("temperature in \N{DEGREE SIGN}C")), _temperature_c, max),
    )
    minutes = language(lazy("minutes since the first program"))
    with style():
        return "\n".join(_drawn(shown, quantity, telling, (minutes, words)) for words, quantity, telling in quantities)


def _drawn(
    shown: Sequence[tuple[Panel, dict[str, list[Moment]]]],
    quantity: Quantity,
    telling: Callable[[list[float]], float],
    words: tuple[str, str],
) -> str:
    """Draw one quantity, a panel for each kind of board, a line for each board with its name at the end."""
    within_in = max(HEIGHT_IN, NAME_IN * max(len(found) for _, found in shown))
    figure, axes = grid(len(shown), within_in + EDGES_IN)
    named = [(one, _lines(one, found, quantity, telling)) for one, (_, found) in zip(axes, shown, strict=True)]
    for one, (panel, _) in zip(axes, shown, strict=True):
        one.set_title(panel.wrapped())
        one.locator_params(nbins=5)
        one.set_xlabel(words[0])
    axes[0].set_ylabel(words[1])
    axes[0].set_ylim(bottom=0, top=reach(_tops(shown, quantity)))
    for one, ends in named:
        name_ends(one, ends, within_in)
    return inline(figure, words[1])


def _lines(
    one: Axes, found: dict[str, list[Moment]], quantity: Quantity, telling: Callable[[list[float]], float]
) -> list[tuple[str, float, float, str]]:
    """Draw the lines of one kind of board; return their names with where they end."""
    coloured = zip(found.items(), cycle(COLOURS), strict=False)
    drawn = (_line(one, name, _points(its, quantity, telling), colour) for (name, its), colour in coloured)
    return [end for end in drawn if end]


def _tops(shown: Sequence[tuple[Panel, dict[str, list[Moment]]]], quantity: Quantity) -> list[float]:
    tops = (_top(of_board, quantity) for _, found in shown for of_board in found.values())
    return [top for top in tops if top is not None]


def _points(
    its: Sequence[Moment], quantity: Quantity, telling: Callable[[list[float]], float]
) -> list[tuple[float, float]]:
    return thinned([(moment.at_s / 60, quantity(moment)) for moment in its], telling)


def _top(moments: Sequence[Moment], quantity: Quantity) -> float | None:
    return max((value for value in map(quantity, moments) if value is not None), default=None)


def _line(
    one: Axes, name: str, points: Sequence[tuple[float, float]], colour: str
) -> tuple[str, float, float, str] | None:
    """Draw the line of a board; return its name with where it ends."""
    if not points:
        return None
    one.plot([x for x, _ in points], [y for _, y in points], color=colour, linewidth=1)
    return name, *points[-1], colour


def thinned(
    points: Sequence[tuple[float, float | None]], telling: Callable[[list[float]], float]
) -> list[tuple[float, float]]:
    """Keep as many points as can be seen: of each stretch of time the one that tells most."""
    known = [(x, y) for x, y in points if y is not None]
    length = -(-len(known) // MOST_POINTS) or 1
    stretches = [known[start : start + length] for start in range(0, len(known), length)]
    return [(stretch[0][0], telling([y for _, y in stretch])) for stretch in stretches]


def _clock_mhz(moment: Moment) -> float | None:
    return moment.clock_khz / 1000 if moment.clock_khz else None


def _temperature_c(moment: Moment) -> float | None:
    return moment.temperature_mc / 1000 if moment.temperature_mc is not None else None


def _seen(board: BoardView) -> list[Moment]:
    """Return the moments of a board in their order, counted from its first one: boards have no clock of their own."""
    samples = board.records.samples if board.records else ()
    seen = sorted((moment for sample in samples for moment in _moments(sample)), key=lambda moment: moment.at_s)
    since_first = (replace(moment, at_s=moment.at_s - seen[0].at_s) for moment in seen)
    return [moment for moment in since_first if moment.at_s <= LONGEST_S]


def _moments(sample: Sample) -> Iterator[Moment]:
    """Return what was seen during a run and after it; a sample is written when its run has ended."""
    try:
        end_s = datetime.fromisoformat(sample.utc).timestamp()
    except ValueError:
        return
    begin_s = end_s - sample.wall_ns / 1e9
    during = sample.during
    for at_ms, clock_khz, temperature_mc in zip(during.at_ms, during.clock_khz, during.temperature_mc, strict=False):
        yield Moment(begin_s + at_ms / 1e3, clock_khz, temperature_mc)
    after_khz = [khz for khz in sample.clock_after_khz or [] if khz]
    yield Moment(end_s, min(after_khz, default=None), sample.temperature_after_mc)
