"""The report in a real browser: on a wide and on a narrow screen, and on paper."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fleet import report
from fleet.analysis.board import BoardAnalysis
from fleet.boards.outcome import Outcome, State
from fleet.i18n import Language
from fleet.report.view import Page
from fleet.results import Manifest, Run
from fleet.results.analysis import Analysis
from tests.unit.fleet_parts import PI4, pi4, timed, with_samples
from tests.unit.fleet_run import PLAN

pytestmark = pytest.mark.timeout(180)

CHROMIUM = (
    "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
)  # fmt: skip
# Runs in the page, after everything else, and leaves what it saw in the page itself.
LOOK = """
<pre id="seen"></pre>
<script>
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
  document.getElementById("seen").textContent = JSON.stringify({
    overflow_px: root.scrollWidth - root.clientWidth,
    fetched: performance.getEntriesByType("resource").map(entry => entry.name),
    pictures: document.querySelectorAll("figure svg").length,
    empty: [...document.querySelectorAll("figure svg")].filter(svg => !svg.querySelector("path")).length,
    outside: [...document.querySelectorAll("figure svg text")].filter(leaves).map(text => text.textContent),
    touching: [...document.querySelectorAll("figure svg")].flatMap(touching),
    language: root.lang,
  });
</script>
"""


@pytest.fixture(params=["en", "ko"])
def shown(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"{request.param}.html"
    path.write_text(drawn(request.param).replace("</body>", f"{LOOK}</body>"), encoding="utf-8")
    return path


def drawn(code: str) -> str:
    boards = [Outcome(f"pi{number:02}", State.OK) for number in range(1, 7)]
    off = Outcome("pi09", State.UNREACHABLE, "pi09 is not in the network at 10.0.0.9; is it switched on?")
    manifest = Manifest("20261123T081500Z-3f9a", "invoke bench --hosts lab", PLAN.as_json(), {})
    found = {board.board: with_samples(pi4(), *timed("waiting", "L15", 8, 20, 1)) for board in boards}
    for name, model in (("pi05", "Raspberry Pi 5 Model B Rev 1.0"), ("pi06", "Raspberry Pi 3 Model B Plus Rev 1.3")):
        found[name] = replace(found[name], board=replace(PI4, model=model))
    analysed = {host: BoardAnalysis(records) for host, records in found.items()}
    analysis = Analysis(Run(Path("unused"), manifest), analysed, [*boards, off])
    return report.html(Page(analysis, Language(code)))


def browser(path: Path, *options: str) -> str:
    profile = f"--user-data-dir={path.parent / 'profile'}"
    done = subprocess.run(
        [*CHROMIUM, profile, *options, path.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


def seen(path: Path, width_px: int) -> dict[str, Any]:
    dom = browser(path, f"--window-size={width_px},900", "--dump-dom")
    told = re.search(r'<pre id="seen">(.*?)</pre>', dom, re.DOTALL)
    assert told
    found: dict[str, Any] = json.loads(told[1].replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&"))
    return found


def test_nothing_is_cut_off_and_nothing_is_fetched_and_it_prints_on_a_few_pages(shown: Path) -> None:
    """All at once: drawing the page takes longer than looking at it."""
    for width_px in (1200, 500):
        found = seen(shown, width_px)
        assert found["overflow_px"] <= 0, width_px
        assert found["fetched"] == []
        assert found["outside"] == [], width_px
        assert found["touching"] == [], width_px
        assert found["pictures"] >= 4
        assert found["empty"] == 0
        assert found["language"] == shown.stem
    assert 4 <= printed_pages(shown) <= 14


def printed_pages(path: Path) -> int:
    paper = path.with_suffix(".pdf")
    browser(path, f"--print-to-pdf={paper}", "--no-pdf-header-footer")
    return len(re.findall(rb"/Type /Page\b", paper.read_bytes()))
