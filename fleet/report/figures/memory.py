"""How memory becomes resident step by step."""

from __future__ import annotations

from itertools import accumulate, chain, cycle
from typing import TYPE_CHECKING

from fleet.analysis.evidence import steps
from fleet.i18n import lazy
from fleet.report.figures.panels import COLOURS, MOST_POINTS, NAME_IN, end, grid, inline, name_ends, style

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.record_types import Step
    from fleet.i18n import Language
    from fleet.report.board import BoardView
    from fleet.report.figures.panels import Panel

HEIGHT_IN, EDGES_IN = 1.7, 1.1
MIB = 2**20


def draw(panels: Sequence[Panel], language: Language) -> str:
    """Draw a panel for each kind of board that touched memory; nothing if none did."""
    shown = [(panel, found) for panel in panels if (found := _stairs(panel))]
    if not shown:
        return ""
    with style():
        within_in = max(HEIGHT_IN, NAME_IN * max(len(found) for _, found in shown))
        figure, axes = grid(len(shown), within_in + EDGES_IN)
        named = [_draw_stairs(one, found) for one, (_, found) in zip(axes, shown, strict=True)]
        for one, (panel, found) in zip(axes, shown, strict=True):
            one.set_title(f"{panel.wrapped()}\n{_faults(next(iter(found.values())), language)}")
            one.set_xlabel(language(lazy("milliseconds since the first touch")))
        end(axes[0].set_ylim, [_top_mib(stair) for stair in chain.from_iterable(each.values() for _, each in shown)])
        axes[0].set_ylabel(language(lazy("resident memory in MiB")))
        for one, ends in zip(axes, named, strict=True):
            name_ends(one, ends, within_in)
        return inline(figure, language(lazy("Resident memory over time while memory is touched")))


def _stairs(panel: Panel) -> dict[str, list[Step]]:
    return {board.name: its for board in panel.boards if (its := _stair(board))}


def _stair(board: BoardView) -> list[Step]:
    """Return the steps of the middle one of the largest runs."""
    rows = [row for row in board.base_rows if steps(row.samples[0])]
    if not rows:
        return []
    samples = sorted(max(rows, key=lambda row: row.size).samples, key=lambda sample: sample.wall_ns)
    return steps(samples[len(samples) // 2])


def _draw_stairs(one: Axes, stairs: Mapping[str, Sequence[Step]]) -> list[tuple[str, float, float, str]]:
    """Draw the stairs of the boards of one kind; return their names with where they end."""
    coloured = zip(stairs.items(), cycle(COLOURS), strict=False)
    ends = [(name, *_draw_stair(one, stair, colour), colour) for (name, stair), colour in coloured]
    end(one.set_xlim, [sum(step["step_ns"] for step in stair) / 1e6 for stair in stairs.values()])
    return ends


def _top_mib(stair: Sequence[Step]) -> float:
    return max(step["resident_bytes"] for step in stair) / MIB


def _draw_stair(one: Axes, stair: Sequence[Step], colour: str) -> tuple[float, float]:
    at_ms = list(accumulate(step["step_ns"] / 1e6 for step in stair))
    resident_mib = [step["resident_bytes"] / MIB for step in stair]
    every = -(-len(stair) // MOST_POINTS)
    at_ms, resident_mib = at_ms[every - 1 :: every], resident_mib[every - 1 :: every]
    one.step([0, *at_ms], [0, *resident_mib], where="post", color=colour)
    one.plot(at_ms, resident_mib, "o", color=colour, markersize=3)
    return at_ms[-1], resident_mib[-1]


def _faults(stair: Sequence[Step], language: Language) -> str:
    touched = stair[0]["touched_bytes"]
    return language(lazy("{faults:,} minor faults for {mib:g} MiB", faults=stair[0]["minor_faults"], mib=touched / MIB))
