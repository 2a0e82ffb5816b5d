"""The contact sheet: one page that needs no other file, one row per board."""

from __future__ import annotations

import base64
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from fleet import results
from fleet.camera.pictures import CHECKS, notes
from fleet.files import make_folder, write_whole
from fleet.i18n import Language, lazy
from fleet.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jinja2 import Template

    from fleet.camera.pictures import SheetRow

TEMPLATE = "sheet.html.j2"
NAMES = dict(zip(CHECKS, (lazy("still (L3)"), lazy("video (L4)"), lazy("preview (L5)"), "OpenCV (L6)"), strict=True))
# With this and the greatest thumbnail, the row of a board is smaller than 1 MB.
LONGEST_TEXT = 2000


def write(folder: Path, rows: Sequence[SheetRow], language: Language) -> Path:
    """Write the page; return where it is."""
    path = folder / f"camera-{results.new_name()}.html"
    make_folder(folder)
    write_whole(path, html(rows, language))
    return path


def html(rows: Sequence[SheetRow], language: Language) -> str:
    """Fill the template."""
    made = f"{datetime.now().astimezone():%Y-%m-%d %H:%M}"  # as people write it where this computer is
    return _template(language.code).render(rows=rows, names=NAMES, notes=notes(rows), made=made)


@cache
def _template(code: str) -> Template:
    language = Language(code)
    environment = Environment(
        loader=PackageLoader("fleet.camera", ""),
        autoescape=select_autoescape(["j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["base64"] = lambda content: base64.b64encode(content).decode()
    # Made visible here and escaped by the template, each once.
    environment.filters["shown"] = lambda text: visible(language(text), LONGEST_TEXT)
    environment.globals |= {"_": language, "code": code}
    return environment.get_template(TEMPLATE)
