"""The report of a run: one page that needs no network and can be printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from fleet.files import write_whole
from fleet.i18n import ENGLISH, Language
from fleet.report.console import seconds
from fleet.report.view import Page
from fleet.text import visible

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.results.analysis import Analysis

TEMPLATE = "page.html.j2"
# No sentence of ours is as long; one that a board wrote is cut there.
MOST_LETTERS = 1000


def write(analysis: Analysis, language: Language) -> Path:
    """Write the page of a run; return where it is. DiskError if it cannot be kept."""
    path = analysis.run.page
    if language.code != ENGLISH:
        path = path.with_suffix(f".{language.code}{path.suffix}")
    write_whole(path, html(Page(analysis, language)))
    return path


def _harmless(value: object) -> object:
    """Make visible what a word holds besides letters, wherever the template shows one; what is HTML by now stays."""
    return visible(value, MOST_LETTERS) if isinstance(value, str) and not isinstance(value, Markup) else value


def html(shown: Page) -> str:
    """Fill the template."""
    environment = Environment(
        loader=PackageLoader("fleet.report", ""),
        autoescape=select_autoescape(["j2"]),
        finalize=_harmless,
        undefined=StrictUndefined,  # a word that is missing must not become an empty place
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"_": shown.language, "time": seconds}
    return environment.get_template(TEMPLATE).render(page=shown)
