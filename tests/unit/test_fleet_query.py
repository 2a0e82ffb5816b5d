from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fleet import export, query, records, results
from fleet.errors import RecordError
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import PLAN

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.results import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = results.create(tmp_path, PLAN, "invoke bench --hosts lab", ["pi01"])
    shutil.copy(RECORDED, made.path / "pi01.jsonl")
    return made


def test_every_sample_is_a_row_with_its_verdict(run: Run) -> None:
    found = query.ask(run.path.parent, "select count(*), any_value(verdict), bool_and(simulated) from samples")
    assert found.rows == ((len(records.load(RECORDED).samples), "suspect", True),)


def test_a_median_of_duckdb_is_the_median_of_the_records(run: Run) -> None:
    times = sorted(one.wall_ns for one in records.load(RECORDED).samples)
    found = query.ask(run.path.parent, "select median(wall_ns) as middle from samples")
    assert found.columns == ("middle",)
    half = len(times) // 2
    assert found.rows[0][0] == (times[half] + times[~half]) / 2


def test_runs_and_boards_can_be_asked_too(run: Run) -> None:
    question = "select suite, model from runs join boards using (run) where simulated"
    assert query.ask(run.path.parent, question).rows == (("short", "Raspberry Pi 4 Model B Rev 1.4"),)


def test_every_column_of_every_table_comes_back_and_times_of_day_are_utc(run: Run) -> None:
    for table in ("runs", "boards", "samples", "events"):
        assert query.ask(run.path.parent, f"from {table}").rows
    found = query.ask(run.path.parent, "select count(*) from samples where utc between '2026-01-01' and '2027-01-01'")
    assert found.rows == ((len(records.load(RECORDED).samples),),)


def test_a_run_without_any_sample_still_has_all_tables(tmp_path: Path) -> None:
    results.create(tmp_path, PLAN, "invoke bench", ["pi01"])
    assert query.ask(tmp_path, "select * from samples").rows == ()


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("selct 1", "syntax error"),
        ("select * from nosuch", "the tables are: runs, boards, samples, events"),
        ("copy samples to '{folder}/stolen.csv'", "disabled"),
        ("select * from read_text('/etc/passwd')", "disabled"),
        ("set enable_external_access = true", "DuckDB does not answer"),
    ],
)
def test_what_cannot_be_asked_is_told_in_one_sentence(run: Run, question: str, named: str) -> None:
    with pytest.raises(RecordError) as told:
        query.ask(run.path.parent, question.format(folder=run.path))
    assert named in str(told.value)
    assert len(str(told.value).splitlines()) == 1
    assert not (run.path / "stolen.csv").exists()


def test_a_damaged_file_is_told_beside_the_answer(run: Run) -> None:
    (run.path / "pi02.jsonl").write_text("not json\n")
    found = query.ask(run.path.parent, "select count(distinct board) from samples")
    assert found.rows == ((1,),)
    assert "pi02.jsonl is not JSON" in found.complaints[0]


def test_the_csv_has_a_line_per_sample(run: Run) -> None:
    (path, *_), complaints = export.export(run)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = records.load(RECORDED).samples
    assert [int(row["wall_ns"]) for row in rows] == [one.wall_ns for one in wanted]
    assert {row["verdict"] for row in rows} == {"suspect"}
    assert complaints == []


def test_pyperf_reads_and_compares_what_was_exported(run: Run) -> None:
    (_, path), _ = export.export(run)
    slow = path.with_name("slow.json")
    content = json.loads(path.read_text())
    for benchmark in content["benchmarks"]:
        for one in benchmark["runs"]:
            one["values"] = [2 * value for value in one["values"]]
    slow.write_text(json.dumps(content))
    done = subprocess.run(
        [sys.executable, "-m", "pyperf", "compare_to", str(path), str(slow)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "busy x1 performance: Mean +- std dev: " in done.stdout
    assert "2.00x slower" in done.stdout


def test_exporting_again_replaces_what_was_there(run: Run) -> None:
    assert export.export(run) == export.export(run)


def test_a_run_without_samples_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="has no samples to export"):
        export.export(results.create(tmp_path, PLAN, "invoke bench", ["pi01"]))
