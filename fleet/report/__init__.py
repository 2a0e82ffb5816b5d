"""The report of a run: one page that needs no network and can be printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from fleet.files import write_whole
from fleet.language import ENGLISH, Language
from fleet.report.view import Page, page
from fleet.table import seconds

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.results import Run

TEMPLATE = "page.html.j2"


def write(run: Run, language: Language) -> Path:
    """Write the page of a run from its records; return where it is."""
    found, complaints = run.records()
    path = run.page if language.code == ENGLISH else run.page.with_suffix(f".{language.code}{run.page.suffix}")
    write_whole(path, html(page(run.manifest, run.outcomes, found, complaints, language)))
    return path


def html(shown: Page) -> str:
    """Fill the template."""
    environment = Environment(
        loader=PackageLoader("fleet.report", ""),
        autoescape=select_autoescape(["j2"]),
        undefined=StrictUndefined,  # a word that is missing must not become an empty place
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"_": shown.language, "time": seconds}
    return environment.get_template(TEMPLATE).render(page=shown)
