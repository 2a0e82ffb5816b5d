from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fleet import cells, results
from fleet.analysis import records
from fleet.errors import RecordError
from fleet.report import export, query
from fleet.results.analysis import analyse
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import PLAN, ended

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
    found = query.ask(run.path.parent, "select median(real_ns) as middle from samples")
    assert found.columns == ("middle",)
    half = len(times) // 2
    assert found.rows[0][0] == (times[half] + times[~half]) / 2


def test_runs_and_boards_can_be_asked_too(run: Run) -> None:
    question = "select suite, model from runs join boards using (run) where simulated"
    assert query.ask(run.path.parent, question).rows == (("short", "Raspberry Pi 4 Model B Rev 1.4"),)


def test_every_column_of_every_table_comes_back_and_times_of_day_are_utc(run: Run) -> None:
    for table in query.TABLES:
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
        ("select * from nosuch", "the tables are: runs, outcomes, boards, samples, events"),
        ("copy samples to '{folder}/stolen.csv'", "invoke sql only reads"),
        ("drop table samples", "invoke sql only reads: begin the question with select, from, with or describe."),
        ("select 1; drop table samples", "invoke sql only reads"),
        ("select * from read_text('/etc/passwd')", "disabled"),
        ("set enable_external_access = true", "invoke sql only reads"),
        ("select experiment from samples", "no column 'experiment'; did you mean program? All columns: invoke sql"),
        ("select s.wall from samples s", "no column 'wall'; did you mean real_ns?"),
        ("select govenor from samples", "did you mean governor?"),
        ("select zzz from samples", "samples has: room, run, board, lesson, program, workers,"),
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
    analysis = analyse(run)
    path, *_ = export.export(analysis)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = records.load(RECORDED).samples
    assert [int(row["real_ns"]) for row in rows] == [one.wall_ns for one in wanted]
    assert {row["verdict"] for row in rows} == {"suspect"}
    assert analysis.complaints == []


def test_pyperf_reads_and_compares_what_was_exported(run: Run) -> None:
    _, path = export.export(analyse(run))
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
    assert export.export(analyse(run)) == export.export(analyse(run))


def test_a_run_without_samples_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="has no samples to export"):
        export.export(analyse(results.create(tmp_path, PLAN, "invoke bench", ["pi01"])))


def test_a_question_sees_no_variable_of_ours_and_no_file(run: Run) -> None:
    for question in ("from question", "from filled", "select * from glob('/etc/*')"):
        with pytest.raises(RecordError, match="DuckDB does not answer"):
            query.ask(run.path.parent, question)
    with pytest.raises(RecordError, match="invoke sql only reads"):
        query.ask(run.path.parent, "attach '/tmp/x.db'")


def test_a_question_that_takes_too_long_is_ended(run: Run) -> None:
    endless = "with recursive t as (select 1 as a union all select a + 1 from t) select count(*) from t"
    with pytest.raises(RecordError, match=r"The question took longer than 0\.2 s; ask for less\."):
        query.ask(run.path.parent, endless, limit_s=0.2)


def test_a_question_that_takes_too_much_memory_is_refused(run: Run) -> None:
    with pytest.raises(RecordError, match="Out of Memory"):
        query.ask(run.path.parent, "select list(range) from range(300000000)")


def test_an_answer_without_end_is_not_fetched(run: Run) -> None:
    with pytest.raises(RecordError, match=r"more than 100000 rows; sum them up, or end the question with a limit\."):
        query.ask(run.path.parent, "from range(1000000000)")


def with_program(name: str, size: int = 0) -> str:
    """The recorded run with another name for `busy`, and twice under another size if one is given."""
    lines = []
    for line in RECORDED.read_text(encoding="utf-8").splitlines()[:-1]:
        record = json.loads(line)
        if record.get("experiment") == "busy" and record["kind"] == "sample":
            record["experiment"] = name
            if size:
                lines.append(json.dumps({**record, "size": size}) + "\n")
        lines.append(json.dumps(record) + "\n")
    return ended(lines)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x"])
def test_no_cell_of_the_csv_is_a_formula(run: Run, name: str) -> None:
    (run.path / "pi01.jsonl").write_text(with_program(name))
    path, *_ = export.export(analyse(run))
    with path.open(encoding="utf-8", newline="") as file:
        programs = {row["program"] for row in csv.DictReader(file)}
    assert f"'{name}" in programs
    assert name not in programs


def test_a_program_of_two_sizes_is_exported_under_two_names(run: Run) -> None:
    (run.path / "pi01.jsonl").write_text(with_program("busy", size=1000))
    _, path = export.export(analyse(run))
    names = [each["metadata"]["name"] for each in json.loads(path.read_text())["benchmarks"]]
    assert len([name for name in names if name.startswith("busy 1,000 additions x1")]) == 2
    assert len(names) == len(set(names))


def test_records_that_were_not_let_in_are_told_where_nothing_can_be_exported(run: Run) -> None:
    (run.path / "pi01.jsonl").write_text("null\n")
    with pytest.raises(RecordError, match=r"no samples to export; .* Line 1 of pi01\.jsonl is None, not an object"):
        export.export(analyse(run))


def test_what_a_spreadsheet_gets_is_words_and_numbers() -> None:
    given = ["busy", "=1", "\t=1", "-1", "\x1b[2J", -1, None, 0.5]
    assert [cells.spreadsheet(each) for each in given] == [
        "busy", "'=1", "'\\t=1", "'-1", "\\x1b[2J", -1, None, 0.5,
    ]  # fmt: skip
