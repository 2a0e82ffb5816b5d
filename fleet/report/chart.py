"""Times as bars: where each one lies on the picture, in its own units; the template draws them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.table import seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.summary import Line

WIDTH, LABEL_WIDTH, NUMBER_WIDTH = 760, 190, 90
BAR_HEIGHT, GAP = 12, 8


@dataclass(frozen=True)
class Bar:
    """One time: its length, and which governor it belongs to, by number."""

    y: int
    width: float
    series: int
    words: str


@dataclass(frozen=True)
class Group:
    """The bars of one program with one number of workers."""

    label: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Chart:
    """One picture: a group of bars per program, a bar per governor."""

    governors: tuple[str, ...]
    groups: tuple[Group, ...]
    height: int
    width: int = WIDTH
    left: int = LABEL_WIDTH
    bar_height: int = BAR_HEIGHT


def chart(lines: Sequence[Line]) -> Chart:
    """Lay out the lines of one board, longest bar to the edge."""
    governors = tuple(dict.fromkeys(line.governor for line in lines))
    programs = tuple(dict.fromkeys((line.lesson, line.experiment, line.workers) for line in lines))
    longest_s = max((line.real_s for line in lines), default=1.0)
    groups: list[Group] = []
    y = 0
    for lesson, experiment, workers in programs:
        own = [line for line in lines if (line.experiment, line.workers) == (experiment, workers)]
        bars = tuple(
            _bar(line, y + number * BAR_HEIGHT, governors.index(line.governor), longest_s)
            for number, line in enumerate(own)
        )
        groups.append(Group(f"{lesson} {experiment} x{workers}", y, bars))
        y += len(own) * BAR_HEIGHT + GAP
    return Chart(governors, tuple(groups), y)


def _bar(line: Line, y: int, series: int, longest_s: float) -> Bar:
    full_width = WIDTH - LABEL_WIDTH - NUMBER_WIDTH
    return Bar(y, round(full_width * line.real_s / longest_s, 1), series, seconds(line.real_s))
