"""A sheet of labels to be glued on the boards: name, seat, and a code that a phone reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined

from fleet import files
from fleet.cards import room
from fleet.i18n import Language, noop

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fleet.boards.inventory import Board

# Where a board stands, which an inventory may say: `pi07 seat=C2`.
SEAT = "seat"
TITLE = noop("Labels of the boards")
HINT = noop("Print without scaling, cut along the lines, and glue each label on its board before its card goes in.")
# Level M of ISO/IEC 18004 is read with 15 % of it dirty; a name is a code of 21 or 25 modules.
LEVEL = "m"


def write(path: Path, boards: Sequence[Board], language: Language) -> Path:
    """Write the sheet; DiskError if it cannot be written."""
    pages = Environment(loader=PackageLoader("fleet.cards", "."), autoescape=True, undefined=StrictUndefined)
    labels = [
        {"name": name, "seat": str(board.variables.get(SEAT, "")), "code": code(name)} for board, name in _named(boards)
    ]
    page = pages.get_template("labels.html.j2").render(
        code=language.code, title=language(TITLE), hint=language(HINT), labels=labels
    )
    files.write_whole(path, page)
    return path


def _named(boards: Sequence[Board]) -> list[tuple[Board, str]]:
    return [(board, room.name_of(board)) for board in boards]


def code(name: str) -> str:
    """Draw the QR code of a name, as SVG that is as large as its box."""
    drawn = segno.make_qr(name, error=LEVEL)
    return drawn.svg_inline(border=4, omitsize=True, svgclass=None, lineclass=None)
