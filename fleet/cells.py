"""The ways out of a table: to a terminal without markup or escape codes, to a spreadsheet without formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Column, Table
from rich.text import Text

from fleet.text import visible, visible_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rich.box import Box

# What makes a spreadsheet work a cell out instead of showing it (OWASP, CSV Injection); a ' before it stops that.
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")


def table(*columns: str, box: Box | None = SIMPLE_HEAD, pad_edge: bool = False, collapse: bool = False) -> Table:
    """Begin a table with these headings; one space between columns where it must be narrow."""
    return Table(*(Column(cell(name)) for name in columns), box=box, pad_edge=pad_edge, collapse_padding=collapse)


def cells(row: Iterable[object]) -> list[Text]:
    """Return a row as a terminal may have it; nothing is an empty cell."""
    return [cell("" if value is None else str(value)) for value in row]


def cell(words: str) -> Text:
    """Return words as a terminal may have them."""
    return Text(visible_lines(words))


def styled(words: str, styles: Mapping[str, str]) -> Text:
    """Return words of which parts, by what they look like, have a style of their own."""
    made = cell(words)
    for pattern, style in styles.items():
        made.highlight_regex(pattern, style)
    return made


def spreadsheet(value: object) -> object:
    """Return a value as a spreadsheet may have it: numbers as they are, words as words."""
    if not isinstance(value, str):
        return value
    return f"'{visible(value)}" if value.startswith(FORMULA_BEGINS) else visible(value)
