from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fleet import results
from fleet.analysis import records
from fleet.boards.outcome import Outcome, State
from fleet.errors import RecordError
from fleet.results import manifest
from fleet.results.analysis import believed
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import PLAN, ended

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.results import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return results.create(tmp_path, PLAN, "invoke bench --hosts lab", ["pi02", "pi01"])


def test_the_names_of_runs_sort_by_time_and_end_in_random_digits() -> None:
    """Of 50 names in one second two are alike in one try of fifty; nobody begins so many."""
    names = [results.new_name() for _ in range(50)]
    assert all(re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}", name) for name in names)
    assert [name[:16] for name in names] == sorted(name[:16] for name in names)
    assert len({name[-4:] for name in names}) > 40


def test_a_run_that_was_cut_off_says_so_for_every_board(run: Run, tmp_path: Path) -> None:
    found = results.find(tmp_path, run.path.name)
    assert [row.state for row in found.outcomes] == [State.STOPPED, State.STOPPED]
    assert found.outcomes[0].sentence == "The command was cut off before pi02 ended."


def test_what_became_of_the_boards_is_found_again_in_their_order(run: Run, tmp_path: Path) -> None:
    outcomes = [Outcome("pi02", State.UNREACHABLE, "pi02 is off."), Outcome("pi01", State.OK, "", records="pi01.jsonl")]
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


def test_a_program_that_a_later_attempt_describes_otherwise_is_not_put_together(run: Run) -> None:
    shutil.copy(RECORDED, run.path / "pi01.jsonl")
    lines = RECORDED.read_text().splitlines(keepends=True)[:-1]
    other = [each.replace('"lesson":"L9"', '"lesson":"L10"') for each in lines]
    (run.path / "pi01+2.jsonl").write_text(ended(other))
    found, (complaint,) = run.records()
    assert found["pi01"] == records.load(run.path / "pi01.jsonl")
    assert complaint == "The attempts of pi01 do not describe 'busy' alike, so the last one is left out; bench it anew."


def test_a_later_attempt_changes_the_rows_of_its_boards_only(run: Run, tmp_path: Path) -> None:
    run.finish(
        [Outcome("pi02", State.UNREACHABLE, "pi02 is off."), Outcome("pi01", State.OK, "", records="pi01.jsonl")]
    )
    run.begin_again()
    run.finish([Outcome("pi02", State.OK, "", records="pi02+2.jsonl")])
    again = results.find(tmp_path)
    assert again.manifest.attempt == 2
    assert [(row.board, row.state) for row in again.outcomes] == [("pi02", State.OK), ("pi01", State.OK)]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schema": 2}, "it has the schema 2; this Pilab reads 1); use the Pilab that wrote it, or name another run."),
        ({"hosts": {"pi01": {"state": "ok"}}}, "missing); name another run, or take this one away."),
        ({"hosts": {"pi01": {"state": "fine", "sentence": "", "records": ""}}}, "not one of those that Pilab knows"),
        ({"hosts": {"--x": {"state": "ok", "sentence": "", "records": ""}}}, "not the name of a board"),
        ({"hosts": {"pi01": {"state": "ok", "sentence": "", "records": "../../x"}}}, "not the name of a file"),
        ({"attempt": 10**400}, "not a whole number of at most 1000"),
        ({"run": "../x"}, "not up to 64 letters, digits, dots, dashes and underscores"),
        ({"started_utc": "yesterday"}, "not a time of day such as"),
        ({"finished_utc": "2026-02-31T00:00:00+00:00"}, "2026-02-31T00:00:00+00:00 is no time of day"),
        ({"plan": {}}, "'schema' in the plan of run.json is missing"),
        ({"plan": {**PLAN.as_json(), "governors": ["turbo"]}}, "not one of those that Pilab knows"),
        ({"plan": {**PLAN.as_json(), "runs": 0}}, "'runs' in the plan of run.json is 0"),
    ],
)
def test_a_manifest_that_does_not_fit_is_told_with_its_path_and_what_to_do(
    run: Run, tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    path = run.path / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(RecordError) as raised:
        results.find(tmp_path)
    assert told in str(raised.value)
    assert str(raised.value).startswith(f"{path} cannot be read (")
    assert len(str(raised.value).splitlines()) == 1


def test_a_manifest_that_is_too_long_or_no_file_is_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "MOST_BYTES", 100)
    with pytest.raises(RecordError, match="it is longer than 100 bytes"):
        results.find(tmp_path)
    (run.path / "run.json").unlink()
    (run.path / "run.json").mkdir()
    with pytest.raises(RecordError, match="it is no file"):
        results.find(tmp_path)


def test_folders_that_are_no_runs_are_not_listed(run: Run, tmp_path: Path) -> None:
    for name in ("a\nb", " ", "snapshots-1", "x" * 80):
        (tmp_path / name).mkdir()
        if name != "snapshots-1":
            shutil.copy(run.path / "run.json", tmp_path / name)
    assert results.names(tmp_path) == [run.path.name]


def test_a_file_that_is_not_named_after_a_board_is_told_and_left_alone(run: Run) -> None:
    shutil.copy(RECORDED, run.path / "pi01.jsonl")
    shutil.copy(RECORDED, run.path / "\x1b[2J.jsonl")
    shutil.copy(RECORDED, run.path / os.fsdecode(b"\xff.jsonl"))
    found, complaints = run.records()
    assert list(found) == ["pi01"]
    assert [each.isprintable() and each.endswith("is not named after a board.") for each in complaints] == [True] * 2


def test_no_board_is_well_whose_records_are_missing_damaged_or_refused(run: Run) -> None:
    names = ("pi01", "pi02", "pi03", "pi04", "pi05")
    outcomes = [*(Outcome(name, State.OK) for name in names), Outcome("pi06", State.STOPPED, "pi06 was stopped.")]
    lines = RECORDED.read_text().splitlines(keepends=True)
    shutil.copy(RECORDED, run.path / "pi01.jsonl")
    (run.path / "pi02.jsonl").write_text(ended([lines[0], lines[0]]))
    (run.path / "pi03.jsonl").write_text("".join(lines[:-1]))
    (run.path / "pi04.jsonl").write_text(RECORDED.read_text().replace('"exit_status":0', '"exit_status":1', 1))
    seen = believed(outcomes, *run.records())
    assert [(each.board, each.state) for each in seen] == [
        ("pi01", State.OK), ("pi02", State.FAILED), ("pi03", State.FAILED), ("pi04", State.FAILED),
        ("pi05", State.FAILED), ("pi06", State.STOPPED),
    ]  # fmt: skip
    assert [each.sentence.split(";")[0].split(":")[0] for each in seen[1:]] == [
        "The record of the board is line 2 of pi02.jsonl, not 1",
        "pi03.jsonl has no end mark",
        "pi04.jsonl is not as the board wrote it",
        "The records of pi05 are not in its run.",
        "pi06 was stopped.",
    ]


def test_writing_into_a_folder_from_elsewhere_follows_no_link(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("mine")
    (run.path / ".run.json.new").symlink_to(mine)
    run.save()
    assert mine.read_text() == "mine"
    assert results.find(tmp_path, run.path.name).manifest == run.manifest


def test_a_run_that_never_began_is_not_the_newest(tmp_path: Path) -> None:
    for name, has_begun in (("20261123T081500Z-aaaa", True), ("20261124T081500Z-bbbb", False)):
        run = results.create(tmp_path, replace(PLAN, run=name), "invoke bench", ["pi01"])
        if has_begun:
            (run.path / "pi01.jsonl").write_bytes(b"")
    assert results.find(tmp_path).manifest.run == "20261123T081500Z-aaaa"
    assert results.find(tmp_path, "20261124T081500Z-bbbb").manifest.run == "20261124T081500Z-bbbb"
    with pytest.raises(RecordError, match="the newest is 20261123T081500Z-aaaa"):
        results.find(tmp_path, "other")


def test_where_no_run_began_the_newest_of_all_is_meant(tmp_path: Path) -> None:
    results.create(tmp_path, PLAN, "invoke bench", ["pi01"])
    assert results.find(tmp_path, "newest").manifest.run == PLAN.run
