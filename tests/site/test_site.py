"""The guide in a real browser, as `make docs` built it: wide and narrow, in both languages, on paper, judged by axe."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.guide import ROOT
from tests.unit.chromium import browser
from tests.unit.test_report_browser import PAPER_PX, axe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.chromium import Browser

pytestmark = pytest.mark.timeout(300)

SITE = ROOT / "build/docs"
PAGES = ["index", *sorted(f"guide/{path.stem}" for path in (ROOT / "docs/guide").glob("*.md")), "cards", "numbers"]
LESSONS = 16
LOOK = """
(() => ({
  overflow_px: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  fetched: performance.getEntriesByType("resource").map(entry => entry.name).filter(name => !name.startsWith("file:")),
  language: document.documentElement.lang,
}))()
"""
AXE = """
axe.run(document, {resultTypes: ["violations"]})
  .then(found => found.violations.map(each => [each.id, each.nodes.map(node => node.html.slice(0, 200))]))
"""
# How high each sheet is on paper.
SHEETS = "[...document.querySelectorAll('section:has(> .seat)')].map(each => each.getBoundingClientRect().height)"
# A4 between margins of 15 mm, at 96 pixels per inch.
SHEET_PX, SHEET_HIGH_PX = 680, 1009


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert SITE.is_dir(), "build/docs is not there: type `make test-docs`."
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_cut_off_nothing_is_fetched_and_nobody_is_kept_out(shown: Browser, page: str, language: str) -> None:
    for width_px, dark in ((1200, False), (390, True)):
        shown.show(SITE / language / f"{page}.html", width_px, dark=dark)
        assert shown.run(LOOK) == {"overflow_px": 0, "fetched": [], "language": language}
        shown.run(f"{axe()};0")
        assert shown.run(AXE) == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_each_sheet_is_a_page_and_none_is_empty(shown: Browser, language: str) -> None:
    page = SITE / language / "guide/pupils.html"
    shown.show(page, SHEET_PX, 1000)
    shown("Emulation.setEmulatedMedia", media="print")
    heights = shown.run(SHEETS)
    shown("Emulation.setEmulatedMedia", media="")
    assert len(heights) == LESSONS
    assert max(heights) < SHEET_HIGH_PX
    shown.show(page, PAPER_PX, 1000)
    # What they are for, the sheets, and the glossary on one or two.
    assert len(re.findall(rb"/Type /Page\b", shown.printed())) - LESSONS in (2, 3)


@pytest.mark.parametrize(("language", "other"), [("en", "ko"), ("ko", "en")])
def test_each_page_leads_to_itself_in_the_other_language(shown: Browser, language: str, other: str) -> None:
    shown.show(SITE / language / "guide/pupils.html")
    wanted = (SITE / other / "guide/pupils.html").as_uri()
    assert shown.run("document.querySelector('.sidebar-language a').href") == wanted


def test_reference_pages_say_in_korean_that_they_are_in_english() -> None:
    told = "영어로만"
    assert told in (SITE / "ko/numbers.html").read_text(encoding="utf-8")
    assert told not in (SITE / "ko/guide/lessons.html").read_text(encoding="utf-8")
    assert told not in (SITE / "en/numbers.html").read_text(encoding="utf-8")
