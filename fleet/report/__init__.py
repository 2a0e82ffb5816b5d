"""The report of a run: one page that needs no network and can be printed."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from fleet.analysis.verdict import Level
from fleet.files import write_whole
from fleet.i18n import ENGLISH, Language, ended
from fleet.report.console import seconds
from fleet.report.statements import NOTHING, SIGNS, SUSPECT_SIGN
from fleet.text import visible

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.analysis.stats import Estimate
    from fleet.analysis.summary import Row
    from fleet.report.view import Page

TEMPLATE, POSTER_TEMPLATE = "page.html.j2", "poster.html.j2"
POSTER = "poster.html"
# No sentence of ours is as long; one that a board wrote is cut there.
MOST_LETTERS = 1000


def write(page: Page) -> Path:
    """Write the page of a run; return where it is. DiskError if it cannot be kept."""
    return _written(page.analysis.run.page, html(page), page.language)


def write_poster(page: Page) -> Path:
    """Write the sheet for the wall; return where it is. DiskError if it cannot be kept."""
    return _written(page.analysis.run.path / POSTER, html(page, POSTER_TEMPLATE), page.language)


def _written(path: Path, words: str, language: Language) -> Path:
    if language.code != ENGLISH:
        path = path.with_suffix(f".{language.code}{path.suffix}")
    write_whole(path, words)
    return path


def _harmless(value: object) -> object:
    """Make visible what a word holds besides letters, wherever the template shows one; what is HTML by now stays."""
    return visible(value, MOST_LETTERS) if isinstance(value, str) and not isinstance(value, Markup) else value


def html(shown: Page, template: str = TEMPLATE) -> str:
    """Fill a template."""
    return _environment(shown.language.code).get_template(template).render(page=shown)


def prepare(language: Language) -> None:
    """Make ready what writes a page, which takes a second: a good use of the time while boards work."""
    for module in ("figures", "view"):
        import_module(f"fleet.report.{module}")
    _environment(language.code).get_template(TEMPLATE)


@cache
def _environment(code: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("fleet.report", ""),
        autoescape=select_autoescape(["j2"]),
        finalize=_harmless,
        undefined=StrictUndefined,  # a word that is missing must not become an empty place
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "_": Language(code),
        "ended": ended,
        "time": seconds,
        "between": between,
        "serial": serial_part,
        "short_size": short_size,
        "signs": SIGNS,
        "suspect_sign": suspect_sign,
        "nothing": NOTHING,
    }
    return environment


def between(estimate: Estimate) -> str:
    """Write an interval of times with the unit once, where both ends have it."""
    low, high = seconds(estimate.low), seconds(estimate.high)
    unit = low.rpartition(" ")[2]
    return (
        f"{low.removesuffix(f' {unit}')}\N{EN DASH}{high}" if high.endswith(f" {unit}") else f"{low}\N{EN DASH}{high}"
    )


def serial_part(row: Row) -> str:
    """Write what share of the work did not spread, where that is one: a gain below 1 or above ideal has none."""
    found = row.serial_fraction
    return f"{found.value:.1%}" if found and 0 <= found.value <= 1 else ""


def suspect_sign(row: Row) -> str:
    """Mark a row that something is held against, as tables on a terminal do."""
    return f"{SUSPECT_SIGN} " if row.level is Level.SUSPECT else ""


def short_size(row: Row) -> str:
    """Write a size in as few letters as tell it."""
    for scale, letter in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if row.size >= scale:
            return f"{row.size / (1000 if letter == 'k' else scale):.3g} {letter}"
    return f"{row.size}"
