"""Runs in processes of their own that meet their end in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.bench.records import RecordTail
from tests.unit.bench_board import AGENT, Board, plan_text, read_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT_S = 60
ENDLESS = 987_000_000_000 + os.getpid()  # additions: many minutes, and a number to know the process by


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board(tmp_path)
    made.run_unit(AGENT)
    (tmp_path / "plan.json").write_text(plan_text(experiments=[{"name": "busy", "workers": [1], "sizes": [ENDLESS]}]))
    return made


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "records.jsonl"


@pytest.fixture
def bench(board: Board, tmp_path: Path, records: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Begin a run and come back when its experiment does."""
    command = board.command("run", "--plan", str(tmp_path / "plan.json"), "--records", str(records))
    with subprocess.Popen(command, env=board.environment, stderr=subprocess.PIPE) as process:
        wait_for(lambda: bool(experiments()))
        yield process
        process.kill()


def wait_for(condition: Callable[[], bool]) -> None:
    limit_s = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < limit_s
        time.sleep(0.05)


def experiments() -> list[int]:
    """Find the endless experiments of these tests that run on this computer."""
    return [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if _is_endless(path)]


def _is_endless(cmdline: Path) -> bool:
    try:
        program, *arguments = cmdline.read_bytes().rstrip(b"\0").split(b"\0")
        return program.endswith(b"/busy") and arguments == [str(ENDLESS).encode()]
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_run_at_once_and_puts_the_board_back(
    board: Board, bench: subprocess.Popen[bytes], records: Path, number: signal.Signals
) -> None:
    assert board.governor == "performance"
    assert not board.runs_unit(AGENT)
    bench.send_signal(number)
    _, words = bench.communicate(timeout=LIMIT_S)
    *_, event, end = read_records(records)
    assert (event["what"], end["status"]) == ("interrupted", "stopped")
    assert (bench.returncode, words.count(b"\n")) == (1, 1)
    assert experiments() == []
    assert board.governor == "ondemand"
    assert board.runs_unit(AGENT)
    assert not board.paths.restore_file.exists()


def test_a_run_stopped_by_a_shutdown_is_stopped_and_leaves_the_rest_for_the_next_boot(
    board: Board, bench: subprocess.Popen[bytes], records: Path
) -> None:
    (board.units / "state").write_text("stopping\n")
    bench.terminate()
    bench.wait(LIMIT_S)
    assert [record.get("what") for record in read_records(records)][-3:-1] == ["interrupted", "failed"]
    assert read_records(records)[-1]["status"] == "stopped"
    assert board.paths.restore_file.exists()


def test_after_a_kill_restore_puts_the_board_back(board: Board, bench: subprocess.Popen[bytes], records: Path) -> None:
    bench.kill()
    bench.wait(LIMIT_S)
    wait_for(lambda: not experiments())
    assert (board.governor, board.runs_unit(AGENT)) == ("performance", False)
    subprocess.run(board.command("restore"), env=board.environment, check=True, timeout=LIMIT_S)
    assert (board.governor, board.runs_unit(AGENT)) == ("ondemand", True)
    tail = RecordTail(records)
    assert len(tail.lines()) > 1
    assert not tail.is_written()
    tail.close()


def test_while_a_run_lives_a_second_one_is_refused(
    board: Board, bench: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    second = board.command("run", "--plan", str(tmp_path / "plan.json"), "--records", str(tmp_path / "second.jsonl"))
    done = subprocess.run(second, env=board.environment, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert done.returncode == 3
    assert "A bench runs on this board" in done.stderr
    assert board.governor == "performance"
    assert bench.poll() is None


def test_a_disk_that_fills_up_ends_the_run_with_a_sentence_and_the_board_as_before(
    board: Board, tmp_path: Path, records: Path
) -> None:
    (tmp_path / "plan.json").write_text(plan_text(runs=100))
    command = board.command("run", "--plan", str(tmp_path / "plan.json"), "--records", str(records))
    # A limit for the size of files stands in for the end of the disk: writes fail in the same place.
    limited = ["prlimit", "--fsize=8000", *command]
    done = subprocess.run(limited, env=board.environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "records.jsonl cannot be written: File too large; make room" in done.stderr
    assert board.governor == "ondemand"
    assert board.runs_unit(AGENT)
    assert [record["kind"] for record in read_records(records)].count("sample") > 2


def test_follow_notices_that_the_run_was_killed(board: Board, bench: subprocess.Popen[bytes], records: Path) -> None:
    folder = board.paths.run_folder("test-1")
    folder.mkdir(parents=True)
    (folder / "records.jsonl").symlink_to(records)
    threading.Timer(0.3, bench.kill).start()
    follow = board.command("follow", "--run", "test-1")
    done = subprocess.run(follow, env=board.environment, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    assert done.returncode == 4
    assert done.stdout == records.read_text()
