"""What all pictures share: panels side by side, colours, and the way into the page."""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from itertools import cycle, product
from statistics import median_low
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

from fleet.text import visible_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.axes import Axes

    from fleet.analysis.stats import Estimate
    from fleet.report.board import BoardView

COLUMNS = 3
WIDTH_IN = 9.6
INK, SOFT, ODD = "#1d2327", "#5b666e", "#a4262c"
# Okabe and Ito, Color Universal Design, 2008: can be told apart by all eyes, and in print.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#5b666e")
MARKERS = ("o", "s", "^", "x")
STYLE: Any = {  # what matplotlib calls its settings
    "svg.fonttype": "none",  # words stay words, in the fonts of the page
    "svg.hashsalt": "pilab",  # the same records give the same page
    "text.parse_math": False,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 4,
    "path.simplify": True,
}
TITLE_LETTERS, TITLE_LINES = 38, 4
# A value that is so many times the middle one is no measurement of the same thing: the picture ends before it.
FAR = 20
# More points than these would not be seen on paper, and a page for thirty boards would become large.
MOST_POINTS = 100
# What an entry of a legend takes at its size of letters, with some room to spare.
LEGEND_MARK_IN, LEGEND_LETTER_IN = 0.55, 0.07
# What a drawing needs in a file of its own, but not inside a page.
UNUSED = re.compile(r"<metadata>.*?</metadata>| xmlns(:\w+)?=\"[^\"]*\"", re.DOTALL)


@dataclass(frozen=True)
class Panel:
    """The boards of one kind."""

    title: str
    boards: tuple[BoardView, ...]

    @property
    def wrapped(self) -> str:
        """The title in lines that fit above a panel."""
        return textwrap.fill(self.title, TITLE_LETTERS, max_lines=TITLE_LINES, placeholder=" ...")


@contextmanager
def style() -> Iterator[None]:
    """Draw as all pictures are drawn."""
    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # The page's own fonts have the letters that matplotlib's has not.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def grid(count: int, height_in: float, *, share_y: bool = True) -> tuple[Figure, list[Axes]]:
    """Return a figure of so many panels, three in a row, each of this height."""
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    figure = Figure(figsize=(WIDTH_IN, rows * height_in), layout="constrained")
    made = figure.subplots(rows, columns, squeeze=False, sharey=share_y).flatten()
    for unused in made[count:]:
        unused.set_visible(False)
    return figure, list(made[:count])


def inline(figure: Figure, words: str) -> str:
    """Return a figure as a part of a page, with the words that stand for it where it cannot be seen."""
    file = io.StringIO()
    figure.savefig(file, format="svg")
    drawing = visible_lines(UNUSED.sub("", file.getvalue()))
    begin = drawing.index("<svg") + len("<svg")
    return f'<svg role="img" aria-label="{escape(words)}"{drawing[begin:]}'


def legend(figure: Figure, axes: Sequence[Axes]) -> None:
    """Put what the colours and markers mean below the panels, each once, as wide as fits."""
    named = {label: handle for one in axes for handle, label in zip(*one.get_legend_handles_labels(), strict=True)}
    if named:
        widest_in = LEGEND_MARK_IN + LEGEND_LETTER_IN * max(map(len, named))
        columns = max(1, int(WIDTH_IN / widest_in))
        figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=columns)


def marks(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Give each name a colour and a marker that no other has, the same in all panels; more than 28 begin again."""
    each = cycle({"marker": marker, "color": colour} for marker, colour in product(MARKERS, COLOURS))
    return dict(zip(dict.fromkeys(names), each, strict=False))


def reach(values: Sequence[float]) -> float | None:
    """Return where an axis must end so that one value cannot make all others vanish; nothing if none is that far."""
    most = FAR * median_low(values) if values else 0
    return most if 0 < most < max(values, default=0) else None


def end(set_limits: Callable[[float, float], object], values: Sequence[float]) -> None:
    """End an axis there, if it must; it then begins at nothing, because its margin was as wide as it was long."""
    most = reach(values)
    if most is not None:
        set_limits(0, most)


def around(estimates: Sequence[Estimate], scale: float = 1) -> list[list[float]]:
    """Return how far the intervals reach below and above their middles, as matplotlib takes it."""
    return [
        [(each.value - each.low) / scale for each in estimates],
        [(each.high - each.value) / scale for each in estimates],
    ]
