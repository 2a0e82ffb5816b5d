from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.unit.native_parts import NATIVE, make_native

MIB = 2**20
TRIES = 10


@pytest.fixture(scope="module", params=["bin", "bin-san"])
def programs(request: pytest.FixtureRequest) -> Path:
    """The programs as they are used, and once more with the sanitizers that stop at undefined behaviour."""
    make_native("all", "sanitize")
    return NATIVE / str(request.param)


def run(program: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60)


def answer(program: Path, *arguments: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    done = run(program, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def test_every_addition_of_the_busy_core_is_counted(programs: Path) -> None:
    said = answer(programs / "busy", 12345)
    assert (said["program"], said["additions"], said["sum"]) == ("busy", 12345, 12345)


@pytest.mark.parametrize(
    ("name", "size", "others"),
    [
        ("busy", 4_000_000, []),
        ("sum_threads", 4_000_000, [1]),
        ("count_apart", 1_000_000, [1, 8]),
        ("copy_memory", 1, [1]),
        ("wait_threads", 1, [1]),
        ("detect", 2, []),
    ],
)
def test_a_hundred_times_the_work_takes_much_longer(programs: Path, name: str, size: int, others: list[int]) -> None:
    def loop_ns(work: int) -> int:
        return int(answer(programs / name, work, *others)["loop_ns"])

    # With the sanitizers the loops cannot be left out, and take much longer: there it is for what they may do wrong.
    times = 10 if programs.name == "bin-san" else 100
    assert loop_ns(times * size) > times / 20 * min(loop_ns(size) for _ in range(3))


def test_the_detector_finds_the_disc_that_is_in_every_second_frame(programs: Path) -> None:
    said = answer(programs / "detect", 41)
    assert (said["program"], said["frames"], said["with_circles"]) == ("detect", 41, 21)


def test_threads_share_the_additions_to_within_one(programs: Path) -> None:
    said = answer(programs / "sum_threads", 11, 4)
    assert said["partial_sums"] == [3, 3, 3, 2]
    assert (said["workers"], said["sum"]) == (4, 11)


def test_more_threads_than_additions_still_give_the_sum(programs: Path) -> None:
    assert answer(programs / "sum_threads", 1, 3)["partial_sums"] == [1, 0, 0]


@pytest.mark.parametrize("bytes_apart", [8, 128])
def test_each_thread_counts_in_memory_of_its_own(programs: Path, bytes_apart: int) -> None:
    said = answer(programs / "count_apart", 100_003, 3, bytes_apart)
    assert (said["bytes_apart"], said["workers"], said["sum"]) == (bytes_apart, 3, 100_003)


def test_memory_is_copied_as_often_as_asked_by_however_many(programs: Path) -> None:
    said = answer(programs / "copy_memory", 2, 3)
    assert (said["passes"], said["workers"]) == (2, 3)
    assert said["moved_bytes"] == 2 * 2 * said["array_bytes"]


def test_threads_that_wait_do_so_at_the_same_time(programs: Path) -> None:
    """One after the other they never end sooner than their sum; beside other work any may take longer."""
    alone = answer(programs / "wait_threads", 200, 1)
    sum_ns = alone["waited"] * alone["wait_ms"] * 1_000_000
    assert sum_ns == 200_000_000 <= alone["loop_ns"]
    together = (answer(programs / "wait_threads", 200, 8) for _ in range(TRIES))
    assert any(each["waited"] == 200 and each["loop_ns"] < sum_ns for each in together)


def test_memory_becomes_resident_step_by_step(programs: Path) -> None:
    steps = answer(programs / "touch_pages", 64 * MIB, 16 * MIB)["steps"]
    resident = [step["resident_bytes"] for step in steps]
    assert len(steps) == 4
    assert all(after - before > 15 * MIB for before, after in pairwise(resident))


def test_the_last_step_ends_with_the_mapping(programs: Path) -> None:
    said = answer(programs / "touch_pages", 10 * MIB + 1, 4 * MIB)
    assert [step["touched_bytes"] for step in said["steps"]] == [4 * MIB, 8 * MIB, 10 * MIB + 1]


def test_each_page_faults_once(programs: Path) -> None:
    if programs.name == "bin-san":
        pytest.skip("the shadow memory of the sanitizer faults too")
    said = answer(programs / "touch_pages", 8 * MIB, 3 * MIB)
    pages = [size // said["page_bytes"] for size in (3 * MIB, 3 * MIB, 2 * MIB)]
    faults = [step["minor_faults"] for step in said["steps"]]
    assert all(0 <= seen - expected <= 2 for seen, expected in zip(faults, pages, strict=True))


def test_a_step_of_odd_size_touches_every_page_once(programs: Path) -> None:
    said = answer(programs / "touch_pages", 3 * resource.getpagesize() + 1, resource.getpagesize() + 1)
    assert [step["touched_bytes"] for step in said["steps"]][-1] == 3 * resource.getpagesize() + 1


@pytest.mark.parametrize(
    ("program", "arguments", "named"),
    [
        ("busy", [], "Usage"),
        ("busy", ["-1"], "-1"),
        ("busy", [""], "ADDITIONS"),
        ("busy", ["1e9"], "1e9"),
        ("busy", ["99999999999999999999999"], "99999999999999999999999"),
        ("detect", [], "Usage"),
        ("detect", ["many"], "FRAMES"),
        ("sum_threads", ["10"], "Usage"),
        ("sum_threads", ["10", "0"], "WORKERS"),
        ("sum_threads", ["10", "1025"], "1024"),
        ("count_apart", ["10", "2"], "Usage"),
        ("count_apart", ["10", "2", "4104"], "BYTES_APART"),
        ("count_apart", ["10", "2", "12"], "multiple of 8"),
        ("copy_memory", ["10"], "Usage"),
        ("copy_memory", ["x", "1"], "PASSES"),
        ("wait_threads", ["1"], "Usage"),
        ("wait_threads", ["1", "-1"], "WORKERS"),
        ("touch_pages", ["0", "4096"], "SIZE_BYTES"),
        ("touch_pages", ["1048576", "1"], "STEP_BYTES"),
        ("measure", ["only-a-file"], "Usage"),
    ],
)
def test_bad_arguments_end_with_one_sentence_and_status_2(
    programs: Path, program: str, arguments: list[str], named: str
) -> None:
    done = run(programs / program, *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert named in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["busy", "1"],
        ["detect", "1"],
        ["sum_threads", "1", "1"],
        ["count_apart", "1", "1", "8"],
        ["copy_memory", "1", "1"],
        ["wait_threads", "1", "1"],
        ["touch_pages", "65536", "65536"],
    ],
)
def test_a_result_that_cannot_be_written_is_a_failure(programs: Path, command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [programs / command[0], *command[1:]], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr


def test_memory_that_is_not_to_be_had_is_a_sentence(programs: Path) -> None:
    if programs.name == "bin-san":
        pytest.skip("the sanitizer's own memory does not fit into the limit")
    done = run(Path("prlimit"), f"--as={64 * MIB}", programs / "touch_pages", 128 * MIB, MIB)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert str(128 * MIB) in done.stderr


def measured(programs: Path, folder: Path, *command: object) -> Any:  # noqa: ANN401 - JSON has no narrower type
    done = run(programs / "measure", folder / "usage.json", *command)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "usage.json").read_text())


def test_measuring_lets_the_output_of_the_program_through(programs: Path, tmp_path: Path) -> None:
    done = run(programs / "measure", tmp_path / "usage.json", "echo", "hello")
    assert (done.returncode, done.stdout) == (0, "hello\n")


def test_a_small_program_is_measured_as_small(programs: Path, tmp_path: Path) -> None:
    if programs.name == "bin-san":
        pytest.skip("the sanitizer's own memory would be measured")
    own_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    busy = measured(programs, tmp_path, programs / "busy", 1000)
    assert busy["peak_rss_bytes"] < 4 * MIB < own_bytes / 4


def test_memory_that_is_touched_is_measured(programs: Path, tmp_path: Path) -> None:
    usage = measured(programs, tmp_path, NATIVE / "bin" / "touch_pages", 64 * MIB, MIB)
    assert usage["peak_rss_bytes"] > 64 * MIB
    assert usage["minor_faults"] > 64 * MIB // resource.getpagesize()


def test_working_costs_processor_time_and_sleeping_does_not(programs: Path, tmp_path: Path) -> None:
    working = measured(programs, tmp_path, NATIVE / "bin" / "busy", 400_000_000)
    sleeping = measured(programs, tmp_path, "sleep", "0.1")
    assert working["user_ns"] > 5 * (sleeping["user_ns"] + sleeping["sys_ns"])
    assert working["wall_ns"] > 0
    assert sleeping["wall_ns"] > 100_000_000


def test_the_status_of_the_program_is_told(programs: Path, tmp_path: Path) -> None:
    assert measured(programs, tmp_path, "sh", "-c", "exit 7")["exit_status"] == 7


def test_a_program_that_was_killed_is_told_as_a_shell_does(programs: Path, tmp_path: Path) -> None:
    assert measured(programs, tmp_path, "sh", "-c", "kill -9 $$")["exit_status"] == 128 + signal.SIGKILL


def test_a_missing_program_is_named_and_nothing_is_measured(programs: Path, tmp_path: Path) -> None:
    done = run(programs / "measure", tmp_path / "usage.json", "/no/such/program")
    assert (done.returncode, done.stdout) == (1, "")
    assert "/no/such/program" in done.stderr
    assert (tmp_path / "usage.json").read_text() == ""


def test_a_result_file_that_cannot_be_opened_stops_before_the_program_runs(programs: Path, tmp_path: Path) -> None:
    done = run(programs / "measure", tmp_path / "missing" / "usage.json", "touch", tmp_path / "ran")
    assert done.returncode == 1
    assert not (tmp_path / "ran").exists()


def test_the_program_dies_with_the_one_who_measures(programs: Path, tmp_path: Path) -> None:
    starter = "import subprocess, sys; subprocess.Popen(sys.argv[1:]); sys.stdin.read()"
    command = ["sh", "-c", "echo $$; exec sleep 60"]
    with subprocess.Popen(
        [sys.executable, "-c", starter, programs / "measure", tmp_path / "usage.json", *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as bench:
        assert bench.stdout
        sleeper = int(bench.stdout.readline())
        bench.kill()
        # The pipe closes when the last process that could write to it has died.
        assert bench.stdout.read() == b""
    assert not Path(f"/proc/{sleeper}/exe").exists()
