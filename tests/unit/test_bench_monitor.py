from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from agent.bench.measure import measure
from agent.bench.moment import cost_ns
from agent.bench.monitor import FILES_EVERY_S, FIRMWARE_EVERY_S, MOST_SHARE, Monitor, SamplingRate
from agent.bench.stop import Stop
from tests.unit.bench_board import Board
from tests.unit.fleet_run import Clock

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    made = Board(tmp_path)
    monkeypatch.setenv("PATH", made.environment["PATH"])
    return made


def looked(monitor: Monitor, clock: Clock, lasting_s: float) -> None:
    """Let time pass as measure does: to the moment of the next look, and one look there."""
    end_s = clock.now_s + lasting_s
    while clock.now_s + monitor.pause_s < end_s:
        clock.sleep(monitor.pause_s + 1e-6)
        monitor.look()


def test_clock_and_load_are_seen_again_and_again_and_the_firmware_is_asked_now_and_then(board: Board) -> None:
    clock = Clock()
    monitor = Monitor(board.paths, clock)
    monitor.begin()
    looked(monitor, clock, 20)
    seen = monitor.seen
    assert len(seen.at_ms) > 5
    assert seen.at_ms == sorted(seen.at_ms)
    assert set(seen.clock_khz) == {1_500_000}
    assert {len(each) for each in (seen.clock_khz, seen.temperature_mc, seen.throttled, seen.load)} == {len(seen.at_ms)}
    assert set(seen.throttled) == {None, 0x80000}
    assert set(seen.firmware_clock_khz) == {None, 1_500_346}
    assert seen.cost_ns > 0


def test_the_slowest_cores_are_those_that_are_shown(board: Board) -> None:
    (board.add_policy("policy4", "4 5") / "scaling_cur_freq").write_text("700000\n")
    clock = Clock()
    monitor = Monitor(board.paths, clock)
    monitor.begin()
    looked(monitor, clock, 1)
    assert monitor.seen.clock_khz[0] == 700_000


def test_a_board_that_tells_nothing_is_looked_at_all_the_same(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in (board.paths.cpufreq / "policy0").iterdir():
        file.unlink()
    (board.bin / "vcgencmd").unlink()
    monkeypatch.setenv("PATH", str(board.bin))
    clock = Clock()
    monitor = Monitor(board.paths, clock)
    monitor.begin()
    looked(monitor, clock, 5)
    assert set(monitor.seen.clock_khz) == set(monitor.seen.throttled) == {None}


def test_each_run_has_a_series_of_its_own(board: Board) -> None:
    clock = Clock()
    monitor = Monitor(board.paths, clock)
    monitor.begin()
    looked(monitor, clock, 2)
    before = monitor.seen
    monitor.begin()
    assert before.at_ms
    assert monitor.seen.at_ms == []


def test_a_dear_look_is_followed_by_a_pause_that_makes_up_for_it() -> None:
    pace = SamplingRate(FILES_EVERY_S)
    pace.begin(0.0)
    assert pace.due_s == FILES_EVERY_S
    pace.looked(10.0, cost_ns=2_000_000)
    assert pace.due_s == pytest.approx(10.0 + 0.002 / MOST_SHARE)
    pace.begin(50.0)
    assert pace.due_s == pytest.approx(50.0 + 0.002 / MOST_SHARE)


def test_the_cost_counts_the_programs_that_are_started() -> None:
    idle_ns = cost_ns(lambda: time.sleep(0.05))
    busy_ns = cost_ns(lambda: os.system("i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"))  # noqa: S605
    assert busy_ns > 10 * idle_ns


def test_a_program_is_watched_while_it_runs_and_what_it_prints_is_not_lost(board: Board) -> None:
    monitor = Monitor(board.paths)
    command = ["sh", "-c", f"sleep {FIRMWARE_EVERY_S + 2}; echo '{{\"loop_ns\": 1}}'"]
    outcome = measure(command, board.paths, 60, Stop(), monitor)
    assert outcome.loop_ns == 1
    assert monitor.seen.clock_khz[0] == 1_500_000
    assert 0 < monitor.seen.at_ms[0] < 2000
