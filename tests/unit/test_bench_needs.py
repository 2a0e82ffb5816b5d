"""What a program needs besides time: memory of all its processes, and energy where the board can measure it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent.bench.energy import EnergyMeter, energy_j
from agent.bench.measure import Measurement, measure
from agent.bench.monitor import Monitor
from agent.bench.needs import MOST_RUNS, energy_of, memory_of
from agent.bench.plan import parse
from agent.bench.rest import busy_by_core, core_ticks
from agent.bench.runner import run
from agent.bench.stop import Stop
from agent.board.firmware import parse_power_w
from agent.board.paths import Paths
from agent.errors import BenchError
from fleet.analysis.records import load
from fleet.analysis.verdict import judge
from tests.unit.bench_board import DATA, Board, plan_text, read_records
from tests.unit.fleet_run import Clock
from tests.unit.native_parts import make_native

if TYPE_CHECKING:
    from pathlib import Path

    from agent.bench.output import Watch

PATHS = Paths(may_tune=False, experimenter=None)
MIB = 2**20


@pytest.fixture(scope="module", autouse=True)
def _native_programs() -> None:
    make_native()


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    made = Board(tmp_path)
    monkeypatch.setenv("PATH", made.environment["PATH"])
    return made


def looked_at(command: list[str]) -> dict[str, int]:
    return measure(command, PATHS, 60, Stop(), Monitor(PATHS), memory=True).usage


SHARE = """
import os, sys, threading, time
heap = b"x" * 40_000_000
def work():
    own = b"y" * 5_000_000
    time.sleep(2)
def in_threads(workers):
    threads = [threading.Thread(target=work) for _ in range(workers)]
    [each.start() for each in threads], [each.join() for each in threads]
if sys.argv[1] == "threads":
    in_threads(int(sys.argv[2]))
else:
    for _ in range(int(sys.argv[2])):
        if not os.fork():
            work()
            os._exit(0)
    time.sleep(2)
"""


def test_the_memory_of_processes_is_their_sum_and_what_they_share_is_counted_once() -> None:
    """L15, which the peak of the largest process alone cannot show: 40 MB shared by all, 5 MB for each worker."""
    one, four = (looked_at(["python3", "-S", "-c", SHARE, "processes", count]) for count in ("1", "4"))
    assert (one["processes"], four["processes"]) == (2, 5)
    assert 10_000_000 < four["memory_bytes"] - one["memory_bytes"] < 25_000_000
    assert four["memory_bytes"] < 80_000_000
    assert abs(four["peak_rss_bytes"] - one["peak_rss_bytes"]) < MIB


def test_threads_are_one_process() -> None:
    usage = looked_at(["python3", "-S", "-c", SHARE, "threads", "4"])
    assert usage["processes"] == 1
    assert 60_000_000 < usage["memory_bytes"] < 80_000_000


def test_without_being_asked_nobody_looks_at_memory() -> None:
    assert "memory_bytes" not in measure(["true"], PATHS, 60, Stop(), Monitor(PATHS)).usage


class Programs:
    """Programs of this length by a clock that is moved by hand, watched as measure does."""

    def __init__(self, clock: Clock, lasting_s: float, status: int = 0) -> None:
        self.clock, self.lasting_s, self.status = clock, lasting_s, status
        self.runs = 0

    def __call__(self, *, watch: Watch | None = None, memory: bool = False) -> Measurement:
        self.runs += 1
        end_s = self.clock.now_s + self.lasting_s
        if watch:
            watch.begin()
            while self.clock.now_s + watch.pause_s < end_s:
                self.clock.sleep(watch.pause_s + 1e-6)
                watch.look()
        self.clock.now_s = end_s
        usage = {"wall_ns": round(self.lasting_s * 1e9), "exit_status": self.status}
        return Measurement({**usage, "memory_bytes": 0, "processes": 0} if memory else usage, None, "It is broken.")


def test_energy_is_power_times_time() -> None:
    clock = Clock()
    meter = EnergyMeter(lambda: 3.0, clock)
    assert energy_of(Programs(clock, 2.0), meter) == pytest.approx(6.0)


def test_energy_follows_a_power_that_changes() -> None:
    assert energy_j([(0.5, 2.0), (1.5, 4.0)], 2.0) == pytest.approx(0.5 * 2.0 + 3.0 + 0.5 * 4.0)


def test_power_is_asked_ten_times_a_second_at_most() -> None:
    clock = Clock()
    asked: list[float] = []

    def power_w() -> float:
        asked.append(clock.now_s)
        return 1.0

    energy_of(Programs(clock, 3.0), EnergyMeter(power_w, clock))
    assert 25 <= len(asked) <= 30


def test_a_short_program_runs_again_until_its_power_was_told_often_enough() -> None:
    clock = Clock()
    programs = Programs(clock, 0.35)
    assert energy_of(programs, EnergyMeter(lambda: 2.0, clock)) == pytest.approx(0.7)
    assert programs.runs == 2


@pytest.mark.parametrize(("lasting_s", "power_w"), [(0.05, 2.0), (0.5, None)])
def test_energy_that_nobody_told_is_unknown(lasting_s: float, power_w: float | None) -> None:
    clock = Clock()
    programs = Programs(clock, lasting_s)
    assert energy_of(programs, EnergyMeter(lambda: power_w, clock)) is None
    assert programs.runs == MOST_RUNS


def test_a_program_that_fails_has_no_needs() -> None:
    clock = Clock()
    with pytest.raises(BenchError, match="status 3: It is broken"):
        energy_of(Programs(clock, 1.0, status=3), EnergyMeter(lambda: 1.0, clock))
    with pytest.raises(BenchError, match="status 3: It is broken"):
        memory_of(Programs(clock, 1.0, status=3))


def test_memory_that_may_not_be_looked_at_is_unknown() -> None:
    needs = memory_of(Programs(Clock(), 1.0)).as_json()
    assert (needs["memory_bytes"], needs["memory_source"]) == (None, "peak-rss")


def bench(board: Board, **changes: object) -> list[dict[str, Any]]:
    path = board.paths.records_file("test-1")
    run(parse(plan_text(**changes)), path, board.paths, Stop())
    return read_records(path)


def samples(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in records if each["kind"] == "sample"]


def told(records: list[dict[str, Any]], what: str) -> list[str]:
    return [each["message"] for each in records if each.get("what") == what]


def test_samples_say_what_their_program_needs_and_where_the_figure_is_from(board: Board) -> None:
    shutil.copy(DATA / "pmic-pi5.txt", board.bin / "pmic")
    records = bench(board, experiments=[{"name": "python-processes", "workers": [1, 2], "sizes": [1_000_000]}])
    power_w = parse_power_w((DATA / "pmic-pi5.txt").read_text()) or 0.0
    for sample in samples(records):
        assert sample["memory_source"] == "pss-sum"
        assert sample["processes"] >= 1
        assert sample["memory_bytes"] > MIB
        assert sample["energy_j"] is None or 0 < sample["energy_j"] < 100 * power_w
    assert any(sample["energy_j"] for sample in samples(records))
    (message,) = told(records, "energy")
    assert message.startswith("Energy is that of the board's own rails (vcgencmd pmic_read_adc), not of its plug")


def test_a_board_without_a_power_chip_says_so_once(board: Board) -> None:
    records = bench(board)
    assert {sample["energy_j"] for sample in samples(records)} == {None}
    (message,) = told(records, "no-energy")
    assert message.startswith("Energy cannot be measured on this board")


def test_a_program_that_touches_memory_tells_its_own(board: Board) -> None:
    entry = {"name": "page-touch", "workers": [1], "sizes": [2**22], "step_bytes": 2**20}
    (sample, *_) = samples(bench(board, experiments=[entry]))
    assert (sample["memory_bytes"], sample["memory_source"]) == (None, "peak-rss")


def test_what_the_firmware_remembers_from_before_is_cleared_and_told(board: Board) -> None:
    (board.bin / "throttled").write_text("0x50000\n")
    records = bench(board)
    assert samples(records)
    assert {(each["throttled_before"], each["throttled_after"]) for each in samples(records)} == {(0, 0)}
    (message,) = told(records, "throttle-history")
    assert "remembered a slowdown (0x50000); that was cleared" in message


def test_a_firmware_that_cannot_forget_is_asked_once_and_that_is_said(board: Board) -> None:
    (board.bin / "cannot-clear").touch()
    records = bench(board)
    assert {each["throttled_before"] for each in samples(records)} == {0x80000}
    (message,) = told(records, "throttle-history")
    assert "cannot be made to forget it: a short one within a run may be missed" in message


def test_what_happens_within_a_run_is_judged_by_the_teacher_s_side(board: Board) -> None:
    """Sticky bits of the same kind as before the run: only because they were cleared do they tell something."""
    (board.bin / "throttled").write_text("0x50000\n")
    native = board.bin / "native" / "bin"
    native.mkdir(parents=True)
    (native / "measure").symlink_to(PATHS.native / "measure")
    (native / "busy").write_text(
        f"#!/bin/sh\necho 0x50000 >{board.bin}/throttled\nsleep 0.02\nexec {PATHS.native}/busy $@\n"
    )
    (native / "busy").chmod(0o755)
    board.paths = replace(board.paths, code=board.bin)
    bench(board)
    kinds = [{reason.kind for reason in each.reasons} for each in judge(load(board.paths.records_file("test-1")))]
    assert all({"under-voltage", "throttled"} <= each for each in kinds)


def test_which_core_was_busy_is_recorded(board: Board) -> None:
    stat = board.paths.proc / "stat"
    stat.write_text("cpu  0 0 0 0 0 0 0 0\ncpu0 10 0 0 90 0 0 0 0\ncpu1 20 0 0 80 0 0 0 0\ncpu3 0 0 0 50 0 0 0 0\n")
    before = core_ticks(board.paths.proc)
    stat.write_text("cpu  0 0 0 0 0 0 0 0\ncpu0 11 0 0 99 0 0 0 0\ncpu1 30 0 0 80 0 0 0 0\ncpu3 0 0 0 50 0 0 0 0\n")
    assert busy_by_core(before, core_ticks(board.paths.proc)) == [0.1, 1.0, None, None]
    assert busy_by_core({}, {}) == []


def test_repetitions_of_everything_are_in_both_blocks(board: Board) -> None:
    records = samples(bench(board, runs=5))
    assert [(each["block"], each["governor"]) for each in records] == [
        *[(0, "performance")] * 3,
        *[(0, "powersave")] * 3,
        *[(1, "performance")] * 2,
        *[(1, "powersave")] * 2,
    ]
    assert sorted(each["repetition"] for each in records if each["governor"] == "powersave") == [0, 1, 2, 3, 4]


def test_one_repetition_has_one_block(board: Board) -> None:
    assert {each["block"] for each in samples(bench(board, runs=1))} == {0}
