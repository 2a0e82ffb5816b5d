"""What holds for the program of every experiment, a new one included."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from agent.bench.experiments import BYTES, EXPERIMENTS, Experiment, Work
from agent.board.paths import Paths

HERE = Paths()
AVAILABLE = [each for each in EXPERIMENTS.values() if not each.lacks()]
EACH = pytest.mark.parametrize("experiment", AVAILABLE, ids=lambda each: each.name)
SIZED = pytest.mark.parametrize(
    "experiment", [each for each in AVAILABLE if each.size_unit != BYTES], ids=lambda each: each.name
)
SEVERAL = pytest.mark.parametrize(
    "experiment", [each for each in AVAILABLE if each.most_workers > 1], ids=lambda each: each.name
)


@pytest.fixture(scope="module", autouse=True)
def _programs() -> None:
    subprocess.run(["make", "--silent", "-C", HERE.native.parent, "all"], check=True)


def run(command: list[str], out: Any = subprocess.PIPE) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 (a file or PIPE)
    where = {"PYTHONPATH": str(HERE.code)}
    return subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, timeout=60, check=False, env=where)


def command(experiment: Experiment, times: int = 1, workers: int = 1) -> list[str]:
    return experiment.command(HERE, Work(times * experiment.first_size, workers, step_bytes=65536))


def answer(experiment: Experiment, times: int = 1, workers: int = 1) -> dict[str, Any]:
    done = run(command(experiment, times, workers))
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@SIZED
def test_a_program_says_how_much_it_did_and_how_long_that_took(experiment: Experiment) -> None:
    said = answer(experiment)
    assert said[experiment.size_unit] == experiment.first_size
    assert said["loop_ns"] > 0


@SEVERAL
def test_workers_do_together_what_was_asked_for(experiment: Experiment) -> None:
    said = answer(experiment, workers=3)
    assert (said[experiment.size_unit], said["workers"]) == (experiment.first_size, 3)


@SIZED
def test_more_work_takes_longer(experiment: Experiment) -> None:
    once_ns = min(answer(experiment)["loop_ns"] for _ in range(2))
    # To begin takes some programs longer than a little work.
    assert any(answer(experiment, times)["loop_ns"] > 3 * once_ns for times in (20, 200, 2000))


@EACH
def test_without_arguments_a_program_shows_its_usage(experiment: Experiment) -> None:
    program = [word for word in command(experiment) if word.startswith(("/", "-"))]
    done = run(program)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"Usage: {Path(program[-1]).stem} ")


@EACH
def test_what_cannot_be_written_is_a_failure(experiment: Experiment) -> None:
    with Path("/dev/full").open("w") as full:
        done = run(command(experiment), full)
    assert done.returncode != 0
    assert "No space left" in done.stderr
