from __future__ import annotations

import json
import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage

import pytest

from agent.bench import pythons
from agent.bench.programs.sharing import shares
from agent.board.paths import Paths

PATHS = Paths()
TRIES = 10
BOTH = pytest.mark.parametrize("program", ["python_threads", "python_processes"])
EACH = pytest.mark.parametrize(
    ("program", "unit"),
    [
        ("python_threads", "ADDITIONS"),
        ("python_processes", "ADDITIONS"),
        ("python_io_threads", "WAITS"),
        ("python_numpy", "PASSES"),
    ],
)


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PATHS.scripts / f"{program}.py"), *arguments]
    environment = {"PYTHONPATH": str(PATHS.code)}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)


@BOTH
def test_the_workers_of_python_share_the_additions(program: str) -> None:
    output = json.loads(run(program, "1001", "4").stdout)
    assert (output["program"], output["additions"], output["workers"]) == (program, 1001, 4)
    assert output["parts"] == [251, 250, 250, 250]
    assert output["sum"] == 1001


@BOTH
def test_more_work_costs_python_more_processor_time(program: str) -> None:
    def user_s(additions: str) -> float:
        before_s = getrusage(RUSAGE_CHILDREN).ru_utime
        assert run(program, additions, "1").returncode == 0
        return getrusage(RUSAGE_CHILDREN).ru_utime - before_s

    assert user_s("10000000") > 3 * user_s("10000")


def test_threads_that_wait_or_let_numpy_work_share_it_too() -> None:
    assert json.loads(run("python_io_threads", "9", "4").stdout)["parts"] == [3, 2, 2, 2]
    assert json.loads(run("python_numpy", "9", "2").stdout)["parts"] == [5, 4]


def test_python_threads_that_wait_do_so_at_the_same_time() -> None:
    """Waits of a millisecond each, one after the other, never end sooner; beside other work any may take longer."""

    def loop_ns(workers: str) -> int:
        return int(json.loads(run("python_io_threads", "200", workers).stdout)["loop_ns"])

    assert loop_ns("1") >= 200_000_000
    assert any(loop_ns("8") < 200_000_000 for _ in range(TRIES))


@pytest.mark.skipif(bool(pythons.lacks_interpreters()), reason=pythons.lacks_interpreters())
def test_interpreters_with_a_lock_each_share_the_additions() -> None:
    assert json.loads(run("python_interpreters", "1001", "4").stdout)["parts"] == [251, 250, 250, 250]


@EACH
@pytest.mark.parametrize("arguments", [[], ["10"], ["10", "0"], ["-1", "1"], ["ten", "1"]])
def test_bad_arguments_show_the_usage(program: str, unit: str, arguments: list[str]) -> None:
    done = run(program, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Usage: {program} {unit} WORKERS" in done.stderr


@pytest.mark.parametrize(("additions", "workers"), [(10, 3), (2, 5), (7, 1)])
def test_shares_differ_by_one_at_most(additions: int, workers: int) -> None:
    split = shares(additions, workers)
    assert (len(split), sum(split)) == (workers, additions)
    assert max(split) - min(split) <= 1
