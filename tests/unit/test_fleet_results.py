from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from fleet import records, results
from fleet.errors import RecordError
from fleet.outcome import Outcome, State
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import PLAN, ended

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.results import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return results.create(tmp_path, PLAN, "invoke bench --hosts lab", ["pi02", "pi01"])


def test_the_names_of_runs_sort_by_time_and_never_meet() -> None:
    names = {results.new_name() for _ in range(50)}
    assert len(names) == 50
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", name) for name in names)


def test_a_run_that_was_cut_off_says_so_for_every_board(run: Run, tmp_path: Path) -> None:
    found = results.find(tmp_path, run.path.name)
    assert [row.state for row in found.outcomes] == [State.STOPPED, State.STOPPED]
    assert found.outcomes[0].sentence == "The command was cut off before pi02 ended."


def test_what_became_of_the_boards_is_found_again_in_their_order(run: Run, tmp_path: Path) -> None:
    outcomes = [Outcome("pi02", State.UNREACHABLE, "pi02 is off."), Outcome("pi01", State.OK, "", "pi01.jsonl")]
    run.finish(outcomes)
    found = results.find(tmp_path)
    assert found.outcomes == outcomes
    assert found.manifest.plan == PLAN.as_json()
    assert found.manifest.command == "invoke bench --hosts lab"


def test_no_results_say_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"There are no results in .*; make some with: invoke bench --hosts lab"):
        results.find(tmp_path / "results")


def test_an_unknown_run_is_told_the_newest(run: Run, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=f"There is no run '2025' in .*; the newest is {run.path.name}"):
        results.find(tmp_path, "2025")


@pytest.mark.parametrize("content", ["{", "[]", '{"run": "x"}'])
def test_a_manifest_that_cannot_be_read_is_named(run: Run, tmp_path: Path, content: str) -> None:
    (run.path / "run.json").write_text(content)
    with pytest.raises(RecordError, match=r"run\.json cannot be read"):
        results.find(tmp_path)


def test_a_file_that_cannot_be_understood_does_not_hide_the_others(run: Run) -> None:
    shutil.copy(RECORDED, run.path / "pi01.jsonl")
    (run.path / "pi02.jsonl").write_text('{"schema":7}\n')
    found, complaints = run.records()
    assert list(found) == ["pi01"]
    assert complaints == ["Line 1 of pi02.jsonl has the schema 7; this Pilab reads 1: use the one that wrote it."]


def test_what_was_run_again_is_put_together_with_what_was_there(run: Run) -> None:
    lines = RECORDED.read_text().splitlines(keepends=True)
    (run.path / "pi01.partial.jsonl").write_text("".join(lines[:40]))
    (run.path / "pi01+2.jsonl").write_text(ended([lines[0], *lines[40:-1]]))
    found, complaints = run.records()
    whole = records.load(RECORDED)
    assert complaints == []
    assert found["pi01"].samples == whole.samples
    assert (found["pi01"].flaw, found["pi01"].end) == ("", records.load(run.path / "pi01+2.jsonl").end)


def test_a_board_that_is_not_what_it_was_is_not_put_together(run: Run) -> None:
    shutil.copy(RECORDED, run.path / "pi01.jsonl")
    (run.path / "pi01+2.jsonl").write_text(RECORDED.read_text().replace('"hostname":"', '"hostname":"other-', 1))
    found, (complaint,) = run.records()
    assert found["pi01"] == records.load(run.path / "pi01.jsonl")
    assert complaint.startswith("pi01 is not as it was when the run began (hostname: ")


def test_a_later_attempt_changes_the_rows_of_its_boards_only(run: Run, tmp_path: Path) -> None:
    run.finish([Outcome("pi02", State.UNREACHABLE, "pi02 is off."), Outcome("pi01", State.OK, "", "pi01.jsonl")])
    run.begin_again()
    run.finish([Outcome("pi02", State.OK, "", "pi02+2.jsonl")])
    again = results.find(tmp_path)
    assert again.manifest.attempt == 2
    assert [(row.board, row.state) for row in again.outcomes] == [("pi02", State.OK), ("pi01", State.OK)]
