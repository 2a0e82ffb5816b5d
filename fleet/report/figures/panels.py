"""What all pictures share: panels side by side, colours, and the way into the page."""

from __future__ import annotations

import io
import re
import textwrap
import unicodedata
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from itertools import cycle, product
from statistics import median_low
from typing import TYPE_CHECKING, Any
from zlib import crc32

from fleet.text import visible_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fleet.analysis.stats import Estimate
    from fleet.report.board import BoardView

COLUMNS = 4
WIDTH_IN = 9.6
INK, SOFT, ODD = "#1d2327", "#5b666e", "#a4262c"
# After Okabe and Ito, Color Universal Design, 2008: can be told apart by all eyes, and in print. The bright ones are
# darker here, so that each stands out from white by 3:1 as WCAG 2.2 wants it of what is not text (1.4.11).
COLOURS = ("#0072b2", "#b97a00", "#00855f", "#b4568b", "#c85600", "#2a85bd", "#5b666e")
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
    "axes.titley": 1.0,  # matplotlib need not look for what a title could stand in: nothing does
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
TITLE_LETTERS, TITLE_LINES = 30, 5
# A value that is so many times the middle one is no measurement of the same thing: the picture ends before it.
FAR = 20
# More points than these would not be seen on paper, and a page for thirty boards would become large.
MOST_POINTS = 100
# What an entry of a legend takes at its size of letters, with some room to spare.
LEGEND_MARK_IN, LEGEND_LETTER_IN = 0.55, 0.07
# What a line and a letter take of the small words around a panel, and what is left free beside them.
LINE_IN, LETTER_IN, EDGE_IN, TICK_IN = 0.155, 0.066, 0.12, 0.08
NUMBER = "0000"
# How far the label of an axis stands off the numbers beside it.
LABEL_IN = 0.13
# A name at the end of a line takes so much height, and stands so far right of the panel, as a share of its width.
NAME_IN, NAME_AT, LEADER_TO = 0.125, 1.05, 1.04
NAME_LETTERS = 14
LEADER: dict[str, Any] = {"linewidth": 0.5, "clip_on": False, "scalex": False, "scaley": False}
# What a drawing needs in a file of its own, but not inside a page.
UNUSED = re.compile(r"<metadata>.*?</metadata>| xmlns(:\w+)?=\"[^\"]*\"", re.DOTALL)
ID = re.compile(r' id="([^"]+)"')
REFERENCE = re.compile(r'(?<=href="#)[^"]+|(?<=url\(#)[^)]+')


@dataclass(frozen=True)
class Panel:
    """The boards of one kind."""

    title: str
    boards: tuple[BoardView, ...]

    def wrapped(self, letters: int = TITLE_LETTERS) -> str:
        """The title in lines that fit above a panel."""
        return textwrap.fill(self.title, letters, max_lines=TITLE_LINES, placeholder=" ...")


@contextmanager
def style() -> Iterator[None]:
    """Draw as all pictures are drawn."""
    import matplotlib as mpl  # noqa: PLC0415 (takes half a second, and only who draws needs it)

    with mpl.rc_context(STYLE), warnings.catch_warnings():
        # The page's own fonts have the letters that matplotlib's has not.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        yield


def grid(count: int, height_in: float, most: int = COLUMNS) -> tuple[Figure, list[Axes]]:
    """Return a figure of so many panels, each of this height, in rows of nearly the same length."""
    from matplotlib.figure import Figure  # noqa: PLC0415 (as above)

    columns = -(-count // -(-count // most))
    rows = -(-count // columns)
    figure = Figure(figsize=(WIDTH_IN, rows * height_in))
    made = figure.subplots(rows, columns, squeeze=False, sharey=True).flatten()
    for unused in made[count:]:
        unused.remove()
    return figure, list(made[:count])


def inline(figure: Figure, words: str) -> str:
    """Return a figure as a part of a page, with the words that stand for it where it cannot be seen."""
    _make_room(figure)
    file = io.StringIO()
    figure.savefig(file, format="svg")
    drawing = _with_own_ids(visible_lines(UNUSED.sub("", file.getvalue())), words)
    begin = drawing.index("<svg") + len("<svg")
    return f'<svg role="img" aria-label="{escape(words)}"{drawing[begin:]}'


def _make_room(figure: Figure) -> None:
    """Leave so much room around the panels as their words take, which are not measured but counted.

    A layout that measures them, as matplotlib has one, takes as long as all the rest of a drawing.
    """
    axes = figure.axes
    rows, columns = _shape(axes)
    names_left_in = _widest_in(_row_names(axes[0]))
    left_in = EDGE_IN + TICK_IN + (LINE_IN if axes[0].get_ylabel() else 0) + names_left_in
    names_in = max(_widest_in([text.get_text() for text in one.texts]) for one in axes)
    top_in = EDGE_IN + LINE_IN * max(_lines_of(one.get_title(loc="left")) for one in axes)
    bottom_in = EDGE_IN + LINE_IN * (1 + max(_lines_of(one.get_xlabel()) for one in axes))
    legend_in = LINE_IN * sum(_legend_rows([text.get_text() for text in each.get_texts()]) for each in figure.legends)
    width_in, height_in = figure.get_size_inches()
    # Names stand off a panel by a share of its width.
    panel_w_in = ((width_in - left_in) / columns - EDGE_IN - names_in) / (NAME_AT if names_in else 1)
    right_in = (width_in - left_in) / columns - panel_w_in
    panel_h_in = (height_in - legend_in) / rows - top_in - bottom_in
    figure.subplots_adjust(
        left=left_in / width_in, right=1 - right_in / width_in, wspace=right_in / panel_w_in,
        top=1 - top_in / height_in, bottom=(bottom_in + legend_in) / height_in,
        hspace=(top_in + bottom_in) / panel_h_in,
    )  # fmt: skip
    for one in axes:
        one.xaxis.set_label_coords(0.5, -(TICK_IN + LINE_IN) / panel_h_in)
        one.yaxis.set_label_coords(-(LABEL_IN + names_left_in) / panel_w_in, 0.5)


def _shape(axes: Sequence[Axes]) -> tuple[int, int]:
    """Count the rows and columns that the panels stand in."""
    columns = max(spec.colspan.stop for one in axes if (spec := one.get_subplotspec()))
    return -(-len(axes) // columns), columns


def _row_names(one: Axes) -> list[str]:
    """Return the names beside the rows of a panel, or a number as long as those of an axis."""
    from matplotlib.ticker import FixedFormatter  # noqa: PLC0415 (as above)

    formatter = one.yaxis.get_major_formatter()
    return list(formatter.seq) if isinstance(formatter, FixedFormatter) else [NUMBER]


def name_rows(one: Axes, names: Sequence[str]) -> None:
    """Write names beside the rows of a panel, the first one at the top."""
    from matplotlib.ticker import FixedFormatter  # noqa: PLC0415 (as above)

    one.set_yticks(range(len(names)))
    one.yaxis.set_major_formatter(FixedFormatter(names))
    one.set_ylim(len(names) - 0.5, -0.5)


def _widest_in(words: Sequence[str]) -> float:
    return LETTER_IN * max((sum(_width(letter) for letter in each) for each in words), default=0)


def _width(letter: str) -> int:
    """Return how many letters of the Latin alphabet are as wide."""
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _lines_of(words: str) -> int:
    return words.count("\n") + 1 if words else 0


def _with_own_ids(drawing: str, words: str) -> str:
    """Keep the ids that something refers to, under names that no other picture of the page has."""
    wanted, own = set(REFERENCE.findall(drawing)), f"f{crc32(words.encode()):08x}-"
    drawing = ID.sub(lambda found: f' id="{own}{found[1]}"' if found[1] in wanted else "", drawing)
    return REFERENCE.sub(lambda found: f"{own}{found[0]}", drawing)


def name_ends(one: Axes, ends: Sequence[tuple[str, float, float, str]], height_in: float) -> None:
    """Write the name of each line right of a panel: (name, x and y of its end, colour); one above the other."""
    (left, right), (low, high) = one.get_xlim(), one.get_ylim()
    # What ends outside of a panel is pointed at where it leaves.
    within = [(name, min(max(x, left), right), min(max(y, low), high), colour) for name, x, y, colour in ends]
    ordered = sorted(within, key=lambda end: end[2])
    places = apart([(y - low) / (high - low or 1) for _, _, y, _ in ordered], NAME_IN / height_in)
    for (name, x, y, colour), place in zip(ordered, places, strict=True):
        # A line from the end of the curve to its name; an arrow of matplotlib takes twenty times as long to draw.
        end = ((x - left) / (right - left or 1), (y - low) / (high - low or 1))
        one.plot([end[0], LEADER_TO], [end[1], place], transform=one.transAxes, color=colour, **LEADER)
        shown = name if len(name) <= NAME_LETTERS else f"{name[: NAME_LETTERS - 3]}..."
        one.text(NAME_AT, place, shown, transform=one.transAxes, fontsize=7, color=colour, va="center")


def apart(places: Sequence[float], gap: float) -> list[float]:
    """Move places, in rising order, as little upwards as keeps a gap between them, and down again what left the top."""
    moved: list[float] = []
    for place in places:
        moved.append(max(min(max(place, 0.0), 1.0), moved[-1] + gap if moved else 0.0))
    limit = max(1.0, gap * (len(moved) - 1))
    for number in range(len(moved) - 1, -1, -1):
        moved[number] = min(moved[number], limit)
        limit = moved[number] - gap
    return moved


def legend(figure: Figure, axes: Sequence[Axes]) -> None:
    """Put what the colours and markers mean below the panels, each once, as wide as fits."""
    named = {label: handle for one in axes for handle, label in zip(*one.get_legend_handles_labels(), strict=True)}
    if named:
        columns = _legend_columns(list(named))
        figure.legend(named.values(), named.keys(), loc="lower center", ncols=columns, borderaxespad=0)


def _legend_columns(names: Sequence[str]) -> int:
    widest_in = LEGEND_MARK_IN + LEGEND_LETTER_IN * max(map(len, names))
    return max(1, int(WIDTH_IN / widest_in))


def _legend_rows(names: Sequence[str]) -> int:
    return -(-len(names) // _legend_columns(names))


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
