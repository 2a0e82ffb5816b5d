"""How memory becomes resident step by step."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from fleet.analysis.evidence import steps
from fleet.i18n import lazy
from fleet.report.figures.panels import COLOURS, MOST_POINTS, end, grid, inline, style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.record_types import Step
    from fleet.i18n import Language
    from fleet.report.board import BoardView
    from fleet.report.figures.panels import Panel

HEIGHT_IN = 2.6
MIB = 2**20


def draw(panels: Sequence[Panel], language: Language) -> str:
    """Draw a panel for each kind of board that touched memory; nothing if none did."""
    stairs = [(panel, [stair for stair in map(_stair, panel.boards) if stair]) for panel in panels]
    shown = [(panel, found) for panel, found in stairs if found]
    if not shown:
        return ""
    with style():
        figure, axes = grid(len(shown), HEIGHT_IN)
        for one, (panel, found) in zip(axes, shown, strict=True):
            _draw_stairs(one, found)
            one.set_title(f"{panel.wrapped}\n{_faults(found[0], language)}")
            one.set_xlabel(language(lazy("milliseconds since the first touch")))
        end(axes[0].set_ylim, [_top_mib(stair) for _, found in shown for stair in found])
        axes[0].set_ylabel(language(lazy("resident memory in MiB")))
        return inline(figure, language(lazy("Resident memory over time while memory is touched")))


def _stair(board: BoardView) -> list[Step]:
    """Return the steps of the middle one of the largest runs."""
    rows = [row for row in board.base_rows if steps(row.samples[0])]
    if not rows:
        return []
    samples = sorted(max(rows, key=lambda row: row.size).samples, key=lambda sample: sample.wall_ns)
    return steps(samples[len(samples) // 2])


def _draw_stairs(one: Axes, stairs: Sequence[Sequence[Step]]) -> None:
    for stair in stairs:
        _draw_stair(one, stair)
    end(one.set_xlim, [sum(step["step_ns"] for step in stair) / 1e6 for stair in stairs])


def _top_mib(stair: Sequence[Step]) -> float:
    return max(step["resident_bytes"] for step in stair) / MIB


def _draw_stair(one: Axes, stair: Sequence[Step]) -> None:
    at_ms = list(accumulate(step["step_ns"] / 1e6 for step in stair))
    resident_mib = [step["resident_bytes"] / MIB for step in stair]
    every = -(-len(stair) // MOST_POINTS)
    at_ms, resident_mib = at_ms[every - 1 :: every], resident_mib[every - 1 :: every]
    one.step([0, *at_ms], [0, *resident_mib], where="post", color=COLOURS[0], alpha=0.8)
    one.plot(at_ms, resident_mib, "o", color=COLOURS[0], markersize=3, alpha=0.8)


def _faults(stair: Sequence[Step], language: Language) -> str:
    touched = stair[0]["touched_bytes"]
    return language(lazy("{faults:,} minor faults for {mib:g} MiB", faults=stair[0]["minor_faults"], mib=touched / MIB))
