"""Runs of the past that misled, typed as their teacher would: each is told for what it is, and none hides another.

The archive holds a folder of results: `real-...` are published timings of psf/pyperf (mult_list) as records, the others
were written for one fault each.
"""

from __future__ import annotations

import csv
import tarfile
from typing import TYPE_CHECKING

import pytest

from commands import options
from fleet.places import CODE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Typed = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.usefixtures("without_pictures")

READABLE = ("csv-formula", "good", "hot-board", "powersave-not-taken", "rich-markup", "two-sizes")
DAMAGED = {
    "deep-nesting": "Line 1 of pi01.jsonl is nested too deep",
    "loop-zero": "not a whole number of at least 1 (output.loop_ns)",
    "policies-int": "'policies' in line 1 of pi01.jsonl is 5, not a list",
    "steps-strange": "'output.steps[0].resident_bytes' in line 7 of pi01.jsonl is missing",
    "utc-nonsense": "'utc' in line 5 of pi01.jsonl is 'yesterday', not a time of day",
}
REAL = ("real-mult-list-py36-first5", "real-mult-list-py38-first5")


@pytest.fixture(autouse=True)
def _cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(CODE / "tests" / "data" / "bench-cases.tar.xz") as archive:
        # Debian 12 has Python 3.11.2, which knows no filters yet (docs.python.org, "Supporting older Python versions").
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        archive.extractall(tmp_path)  # noqa: S202 (an archive of our own)
    monkeypatch.setattr(options, "RESULTS", tmp_path / "results")


def test_every_run_has_its_page_or_its_sentence(typed: Typed) -> None:
    for name in (*READABLE, *REAL):
        status, out, err = typed("report", name)
        assert (status, err) == (0, ""), name
        assert out.endswith(f"{name}/report.html\n")
    for name, sentence in DAMAGED.items():
        status, out, err = typed("report", name)
        assert (status, "Report: " in out) == (1, True), name
        assert sentence in err


def test_a_question_over_all_runs_names_the_damaged_ones_and_answers_for_the_others(typed: Typed) -> None:
    _, out, err = typed("sql", "select distinct run from samples order by run", "--csv")
    assert out.split() == ["run", *sorted((*READABLE, *REAL))]
    assert [sentence for sentence in DAMAGED.values() if sentence not in err] == []


def test_powersave_that_never_took_decides_nothing(typed: Typed) -> None:
    assert "? L10 " in typed("report", "powersave-not-taken")[1]


def test_a_board_that_was_too_hot_needs_a_hand(typed: Typed) -> None:
    out = " ".join(typed("report", "hot-board")[1].split())
    assert "pi03: 11 of its 72 timings do not count; most often: too hot. invoke bench --hosts pi03" in out


def test_five_values_are_no_proof_of_what_all_sixty_deny(typed: Typed) -> None:
    """The published sixty values of both differ by 0.4 % (p 0.817); the first five of each by 2.6 %."""
    out = typed("compare", *REAL)[1]
    row = next(line for line in out.splitlines() if "[1]*1000" in line)
    assert "none seen" in row


def test_both_sizes_of_a_program_are_compared_and_exported(typed: Typed) -> None:
    out = typed("compare", "two-sizes", "two-sizes")[1]
    assert ["220,000,000" in out, "440,000,000" in out] == [True, True]
    assert typed("export", "two-sizes")[0] == 0


def test_no_cell_of_a_spreadsheet_runs(typed: Typed) -> None:
    assert typed("export", "csv-formula")[0] == 0
    with (options.RESULTS / "csv-formula" / "samples.csv").open(newline="", encoding="utf-8") as file:
        programs = {row["program"] for row in csv.DictReader(file)}
    assert any("HYPERLINK" in program for program in programs)
    assert not any(program.startswith("=") for program in programs)
