from __future__ import annotations

import hashlib
import json
import sys
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent.bench.plan import parse
from agent.bench.restore import SavedState, save
from agent.bench.runner import run
from agent.bench.stop import Stop
from agent.board import files
from agent.errors import BusyError
from tests.unit.bench_board import AGENT, Board, plan_text, read_records

if TYPE_CHECKING:
    from pathlib import Path

ALL = [
    {"name": "busy", "workers": [1]},
    {"name": "c-threads", "workers": [1, 2]},
    {"name": "page-touch", "workers": [1], "sizes": [2**22], "step_bytes": 2**20},
    {"name": "python-threads", "workers": [1, 2]},
    {"name": "python-processes", "workers": [1, 2]},
    {"name": "detect", "workers": [1]},
]
Records = list[dict[str, Any]]


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    made = Board(tmp_path)
    monkeypatch.setenv("PATH", made.environment["PATH"])
    made.run_unit(AGENT)
    return made


def bench(board: Board, **changes: object) -> Records:
    path = board.paths.run_folder("test-1") / "records.jsonl"
    run(parse(plan_text(**changes)), path, board.paths, Stop())
    return read_records(path)


def kinds(records: Records, kind: str) -> Records:
    return [record for record in records if record["kind"] == kind]


def happened(records: Records) -> list[str]:
    return [record["what"] for record in kinds(records, "event")]


def test_a_whole_suite_is_measured_under_each_governor(board: Board) -> None:
    records = bench(board, experiments=ALL)
    samples = kinds(records, "sample")
    assert records[0]["kind"] == "board"
    assert records[-1]["kind"] == "end"
    assert (records[-1]["status"], records[-1]["samples"]) == ("done", len(samples))
    assert len(samples) == 9 * 2 * 2
    assert [sample["index"] for sample in samples] == list(range(len(samples)))
    assert {sample["planned"] for sample in samples} == {len(samples)}
    assert [sample["governor"] for sample in samples] == (["performance"] * 9 + ["powersave"] * 9) * 2


def test_a_sample_says_all_about_itself(board: Board) -> None:
    sample = kinds(bench(board), "sample")[0]
    assert (sample["experiment"], sample["lesson"], sample["workers"]) == ("busy", "L9", 1)
    assert (sample["size"], sample["size_unit"], sample["exit_status"]) == (1000, "additions", 0)
    assert sample["output"]["sum"] == 1000
    assert (sample["clock_before_khz"], sample["temperature_after_mc"]) == ([1500000], 48300)
    assert (sample["throttled_before"], sample["throttled_after"]) == (0, 0)
    assert (sample["firmware_clock_before_khz"], sample["firmware_clock_after_khz"]) == (1_500_346, 1_500_346)
    assert sample["wall_ns"] > 0
    assert sample["load_before"] >= 0


def test_the_board_is_described_as_it_was_found(board: Board) -> None:
    described = bench(board)[0]
    assert described["agent_was_active"] is True
    assert described["policies"][0]["governor"] == "ondemand"


def test_governor_and_services_are_as_before_and_nothing_is_left_to_restore(board: Board) -> None:
    board.run_unit("apt-daily.timer")
    bench(board)
    assert board.governor == "ondemand"
    assert board.runs_unit(AGENT)
    assert board.runs_unit("apt-daily.timer")
    assert not board.runs_unit("apt-daily-upgrade.timer")
    assert not board.paths.restore_file.exists()


def test_while_it_measures_the_agent_is_stopped(board: Board) -> None:
    bench(board)
    calls = [call for call in board.calls if call.startswith(("stop", "start"))]
    assert calls == [f"stop {AGENT}", f"start {AGENT}"]


def test_the_same_seed_gives_the_same_order_and_another_seed_another(board: Board) -> None:
    def order(name: str, seed: int) -> list[tuple[str, int]]:
        path = board.paths.run_folder(name) / "records.jsonl"
        experiments = [{"name": name, "workers": [1, 2], "sizes": [10]} for name in ("c-threads", "python-threads")]
        plan = plan_text(run=name, seed=seed, experiments=experiments, governors=["performance"], runs=4)
        run(parse(plan), path, board.paths, Stop())
        return [(sample["experiment"], sample["workers"]) for sample in kinds(read_records(path), "sample")]

    assert order("a", 1) == order("b", 1) != order("c", 2)


def test_one_size_is_found_for_all_workers_and_governors(board: Board) -> None:
    records = bench(board, experiments=[{"name": "c-threads", "workers": [1, 2]}])
    (calibrated,) = [record for record in records if record.get("what") == "calibrated"]
    assert [sample["size"] for sample in kinds(records, "sample")] == calibrated["sizes"] * 8


def test_what_is_done_is_not_done_again(board: Board) -> None:
    done = [["busy", 1000, 1, "performance", 0], ["busy", 1000, 1, "performance", 1], ["busy", 1000, 1, "powersave", 0]]
    (sample,) = kinds(bench(board, done=done), "sample")
    assert (sample["governor"], sample["repetition"], sample["planned"]) == ("powersave", 1, 1)


def test_every_size_of_an_experiment_is_measured(board: Board) -> None:
    samples = kinds(bench(board, experiments=[{"name": "busy", "workers": [1], "sizes": [1000, 2000]}]), "sample")
    assert sorted(sample["output"]["additions"] for sample in samples) == [1000] * 4 + [2000] * 4


def test_an_experiment_that_the_board_lacks_something_for_is_left_out_and_that_is_no_failure(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 11, 2))
    entries = [{"name": "python-subinterpreters", "workers": [1]}, {"name": "busy", "workers": [1], "sizes": [1000]}]
    records = bench(board, experiments=entries)
    assert happened(records).count("left-out") == 1
    assert "failed" not in happened(records)
    assert {sample["experiment"] for sample in kinds(records, "sample")} == {"busy"}


def test_a_board_that_does_not_become_quiet_is_measured_all_the_same_and_says_so(board: Board) -> None:
    (board.paths.proc / "stat").write_text("cpu  0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0\n")
    ticking = threading.Event()

    def be_busy() -> None:
        ticks = 0
        while not ticking.wait(0.01):
            ticks += 1
            (board.paths.proc / "stat.new").write_text(f"cpu  {ticks} 0 0 0 0 0 0 0\ncpu0 {ticks} 0 0 0 0 0 0 0\n")
            (board.paths.proc / "stat.new").replace(board.paths.proc / "stat")

    thread = threading.Thread(target=be_busy)
    thread.start()
    try:
        records = bench(board, patience_s=0.3)
    finally:
        ticking.set()
        thread.join()
    assert happened(records).count("restless") == 1
    busy = {sample["busy_before_cores"] for sample in kinds(records, "sample")}
    assert 1.0 in busy
    assert busy <= {1.0, None}  # None where this computer was too busy itself to tick between two looks


def test_memory_is_not_touched_beyond_half_of_what_is_free(board: Board) -> None:
    (board.paths.proc / "meminfo").write_text("MemTotal: 999 kB\nMemAvailable: 2048 kB\n")
    records = bench(board, experiments=[ALL[2]])
    assert {sample["size"] for sample in kinds(records, "sample")} == {2**20}
    assert any("not 4194304" in record["message"] for record in kinds(records, "event"))


def test_a_governor_that_does_not_take_is_left_out_and_the_rest_is_measured(board: Board) -> None:
    (board.paths.cpufreq / "policy0" / "scaling_governor").unlink()
    (board.paths.cpufreq / "policy0" / "scaling_governor").symlink_to("/dev/null")
    records = bench(board)
    assert happened(records).count("skipped") == 2
    assert {sample["governor"] for sample in kinds(records, "sample")} == {"unchanged"}


def test_a_board_without_cpufreq_is_measured_as_it_is(board: Board) -> None:
    for file in (board.paths.cpufreq / "policy0").iterdir():
        file.unlink()
    (board.paths.cpufreq / "policy0").rmdir()
    records = bench(board)
    assert "governor-left" in happened(records)
    assert {sample["governor"] for sample in kinds(records, "sample")} == {"unchanged"}
    assert kinds(records, "sample")[0]["clock_before_khz"] is None


def test_without_root_everything_stays_as_it_is(board: Board) -> None:
    board.paths = replace(board.paths, may_tune=False)
    records = bench(board)
    assert happened(records)[0] == "governor-left"
    assert len(kinds(records, "sample")) == 2
    assert not [call for call in board.calls if call.startswith(("stop", "start"))]
    assert board.governor == "ondemand"


def test_an_experiment_that_cannot_run_is_an_event_and_the_others_go_on(board: Board, tmp_path: Path) -> None:
    (tmp_path / "agent").symlink_to(board.paths.code / "agent")
    native = tmp_path / "native" / "bin"
    native.mkdir(parents=True)
    for name in ("measure", "busy"):
        (native / name).symlink_to(board.paths.native / name)
    board.paths = replace(board.paths, code=tmp_path)
    records = bench(board, experiments=ALL)
    failures = [record["experiment"] for record in records if record.get("what") == "failed"]
    assert sorted(failures) == ["c-threads", "detect", "page-touch"]
    assert {sample["experiment"] for sample in kinds(records, "sample")} == {
        "busy",
        "python-threads",
        "python-processes",
    }
    assert records[-1]["status"] == "done"


def test_a_run_that_measured_nothing_has_failed(board: Board, tmp_path: Path) -> None:
    board.paths = replace(board.paths, code=tmp_path)
    records = bench(board)
    assert any("make -C" in record["message"] for record in kinds(records, "event"))
    assert (records[-1]["status"], records[-1]["samples"]) == ("failed", 0)
    assert board.governor == "ondemand"


def test_what_a_crashed_run_left_behind_is_put_right_first(board: Board) -> None:
    (board.units / AGENT).unlink()
    save(SavedState("crashed", {"policy0": "conservative"}, [AGENT]), board.paths)
    records = bench(board)
    assert records[0]["agent_was_active"] is True
    assert records[0]["policies"][0]["governor"] == "conservative"
    assert board.governor == "conservative"


def test_a_board_that_cannot_be_put_back_is_an_event_and_stays_to_be_restored(board: Board) -> None:
    (board.units / f"broken-{AGENT}").touch()
    records = bench(board)
    assert kinds(records, "event")[-1]["what"] == "failed"
    assert records[-1]["status"] == "failed"
    assert json.loads(board.paths.restore_file.read_text())["units"] == [AGENT]


def test_the_end_vouches_for_every_byte(board: Board) -> None:
    end = bench(board)[-1]
    lines = (board.paths.run_folder("test-1") / "records.jsonl").read_bytes().splitlines(keepends=True)
    assert end["sha256"] == hashlib.sha256(b"".join(lines[:-1])).hexdigest()


def test_nothing_is_begun_on_a_disk_that_is_nearly_full(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "NEEDED_BYTES", 2**62)
    with pytest.raises(BusyError, match=r"has \d+ MiB free and a run needs"):
        bench(board)
    assert board.calls == []
