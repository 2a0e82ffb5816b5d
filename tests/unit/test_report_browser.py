"""The report in a real browser, which is started once: wide and narrow, light and dark, on paper, and judged by axe."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fleet import report
from fleet.analysis.board import BoardAnalysis
from fleet.boards.outcome import Outcome, State
from fleet.i18n import Language
from fleet.report.view import Page
from fleet.results import Manifest, Run
from fleet.results.analysis import Analysis
from tests.unit.chromium import browser
from tests.unit.fleet_parts import PI4, pi4, timed, with_samples
from tests.unit.fleet_run import PLAN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet.report.figures import Picture
    from tests.unit.chromium import Browser


# Looks at the page as it is shown, and says what is amiss.
LOOK = """
(() => {
  const root = document.documentElement;
  const leaves = text => {
    const inner = text.getBoundingClientRect(), outer = text.ownerSVGElement.getBoundingClientRect();
    return inner.right > outer.right + 2 || inner.left < outer.left - 2 || inner.bottom > outer.bottom + 2;
  };
  const touch = (one, other) => one.right > other.left && other.right > one.left
    && one.bottom > other.top + 2 && other.bottom > one.top + 2;
  const touching = svg => [...svg.querySelectorAll("text")].flatMap((text, number, all) => all.slice(number + 1)
    .filter(later => touch(text.getBoundingClientRect(), later.getBoundingClientRect()))
    .map(later => `${text.textContent} | ${later.textContent}`));
  return {
    overflow_px: root.scrollWidth - root.clientWidth,
    fetched: performance.getEntriesByType("resource").map(entry => entry.name),
    pictures: document.querySelectorAll("figure svg").length,
    empty: [...document.querySelectorAll("figure svg")].filter(svg => !svg.querySelector("path")).length,
    outside: [...document.querySelectorAll("figure svg text")].filter(leaves).map(text => text.textContent),
    touching: [...document.querySelectorAll("figure svg")].flatMap(touching),
    language: root.lang,
    matrix_ends_px: document.querySelector(".matrix").getBoundingClientRect().bottom,
    hand_px: document.querySelector(".needs").getBoundingClientRect().top,
  };
})()
"""
# What stands in pictures is measured by the test of their colours: axe takes minutes for thousands of words.
AXE = """
axe.run({exclude: [["svg"]]}, {resultTypes: ["violations"]})
  .then(found => found.violations.map(each => [each.id, each.nodes.map(node => node.html.slice(0, 200))]))
"""
WIDE_ON_PAPER = """
[...document.querySelectorAll("body *")].filter(each => each.getBoundingClientRect().right > innerWidth + 1)
  .map(each => each.outerHTML.slice(0, 100)).slice(0, 3)
"""
# What a page of A4 holds between margins of 10 mm, at 96 pixels per inch.
PAPER_PX = 718


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All pages, drawn once: drawing takes longer than looking."""
    few, small = analysis(6), analysis(3)
    drawn = {
        "few.en": report.html(Page(few, Language())),
        "few.ko": report.html(Page(few, Language("ko"))),
        "poster.ko": report.html(Page(small, Language("ko")), report.POSTER_TEMPLATE),
        "small.en": report.html(Bare(small, Language())),
        "many.en": report.html(Bare(analysis(30), Language())),
    }
    return written(tmp_path_factory.mktemp("pages"), drawn)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of thirty boards, with their pictures."""
    many = analysis(30)
    drawn = {
        "many.en": report.html(Page(many, Language())),
        "many.ko": report.html(Page(many, Language("ko"))),
        "poster.en": report.html(Page(many, Language()), report.POSTER_TEMPLATE),
    }
    return written(tmp_path_factory.mktemp("rooms"), drawn)


class Bare(Page):
    """A page without pictures, which take their time."""

    figures: list[Picture] = []  # noqa: RUF012 (it stays empty)


def written(folder: Path, drawn: dict[str, str]) -> dict[str, Path]:
    for name, html in drawn.items():
        (folder / f"{name}.html").write_text(html, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in drawn}


def analysis(count: int) -> Analysis:
    """A room with boards of three kinds, one that is off, one too hot and one with a long name."""
    names = [f"pi{number:02}" for number in range(1, count)] + ["창가-라즈베리파이"]
    found = {name: with_samples(replace(pi4(), host=name), *timed("waiting", "L15", 8, 20, 1)) for name in names}
    for name, model in (("pi04", "Raspberry Pi 5 Model B Rev 1.0"), ("pi05", "Raspberry Pi 3 Model B Plus Rev 1.3")):
        found |= {name: replace(found[name], board=replace(PI4, model=model))} if name in found else {}
    hot = tuple(replace(each, throttled_after=8) for each in found["pi02"].samples[::2])
    found["pi02"] = replace(found["pi02"], samples=hot + found["pi02"].samples[1::2])
    outcomes = [Outcome(name, State.OK) for name in names]
    off = Outcome("pi99", State.UNREACHABLE, "pi99 is not in the network at 10.0.0.9; is it switched on?")
    manifest = Manifest("20261123T081500Z-3f9a", "invoke bench --hosts lab", PLAN.as_json(), {})
    analysed = {name: BoardAnalysis(its) for name, its in found.items()}
    return Analysis(Run(Path("unused"), manifest), analysed, [*outcomes, off])


def axe() -> str:
    spec = find_spec("axe_core_python")
    assert spec is not None, "axe-core-python is not there: type `make setup`."
    assert spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["few.en", "few.ko"])
@pytest.mark.parametrize("width_px", [1200, 390])
def test_nothing_is_cut_off_and_nothing_is_fetched(
    shown: Browser, pages: dict[str, Path], name: str, width_px: int
) -> None:
    shown.show(pages[name], width_px)
    found: dict[str, Any] = shown.run(LOOK)
    assert found["overflow_px"] <= 0
    assert found["fetched"] == []
    assert found["outside"] == []
    assert found["touching"] == []
    assert found["pictures"] >= 4
    assert found["empty"] == 0
    assert found["language"] == name[-2:]
    assert found["hand_px"] < 400


def test_the_matrix_of_thirty_boards_is_on_the_first_screen(shown: Browser, pages: dict[str, Path]) -> None:
    shown.show(pages["many.en"], 1200, 900)
    found = shown.run(LOOK)
    assert found["matrix_ends_px"] <= 900
    assert found["hand_px"] < 400


@pytest.mark.parametrize(("name", "most"), [("few.en", 6), ("few.ko", 6), ("poster.ko", 1)])
def test_it_prints_on_few_pages_without_being_shrunk(
    shown: Browser, pages: dict[str, Path], name: str, most: int
) -> None:
    assert 1 <= printed_pages(shown, pages[name]) <= most


@pytest.mark.long
@pytest.mark.parametrize(("name", "most"), [("many.en", 12), ("many.ko", 12), ("poster.en", 1)])
def test_thirty_boards_print_on_twelve_pages_at_most(
    shown: Browser, rooms: dict[str, Path], name: str, most: int
) -> None:
    assert 1 <= printed_pages(shown, rooms[name]) <= most


def printed_pages(shown: Browser, path: Path) -> int:
    """Print a page; AssertionError if something on it is wider than the paper, which would make all of it smaller."""
    shown.show(path, PAPER_PX, 1000)
    shown("Emulation.setEmulatedMedia", media="print")
    assert shown.run(WIDE_ON_PAPER) == []
    shown("Emulation.setEmulatedMedia", media="")
    return len(re.findall(rb"/Type /Page\b", shown.printed()))


@pytest.mark.parametrize(
    ("name", "width_px", "dark"), [("small.en", 1200, False), ("small.en", 390, True), ("poster.ko", 1200, False)]
)
def test_axe_finds_nothing_that_keeps_anybody_out(
    shown: Browser, pages: dict[str, Path], name: str, width_px: int, *, dark: bool
) -> None:
    shown.show(pages[name], width_px, dark=dark)
    shown.run(f"{axe()};0")
    assert shown.run(AXE) == []


def test_axe_would_find_something(shown: Browser, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text("<html><body><img src='x.png'><p style='color:#bbb;background:#fff'>pale</p></body></html>")
    shown.show(path)
    shown.run(f"{axe()};0")
    assert {"color-contrast", "html-has-lang", "image-alt"} <= {each[0] for each in shown.run(AXE)}


def test_the_first_key_leads_to_the_boards_and_what_scrolls_can_be_reached(
    shown: Browser, pages: dict[str, Path]
) -> None:
    shown.show(pages["few.en"], 390)
    shown.key("Tab")
    assert shown.run("document.activeElement.getAttribute('href')") == "#boards"
    reached = "[...document.querySelectorAll('.wide')].every(each => each.tabIndex === 0 && each.getAttribute('role'))"
    assert shown.run(reached)
