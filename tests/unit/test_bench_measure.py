from __future__ import annotations

import resource
import subprocess
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent.bench.experiments import EXPERIMENTS, Work
from agent.bench.measure import measure
from agent.bench.place import Place
from agent.bench.stop import Stop, StoppedError
from agent.bench.watch import Watch
from agent.errors import BenchError

if TYPE_CHECKING:
    from pathlib import Path

PLACE = Place(may_tune=False, experimenter=None)
USAGE = {"wall_ns", "user_ns", "sys_ns", "peak_rss_bytes", "minor_faults", "major_faults", "exit_status"}


@pytest.fixture(scope="module", autouse=True)
def _native_programs() -> None:
    subprocess.run(["make", "--silent", "-C", PLACE.code / "native"], check=True)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_can_be_measured(name: str) -> None:
    if lacking := EXPERIMENTS[name].lacks():
        pytest.skip(lacking)
    size = 10 * EXPERIMENTS[name].first_size
    command = EXPERIMENTS[name].command(PLACE, Work(size=size, step_bytes=300_000))
    outcome = measure(command, PLACE, 60, Stop(), Watch(PLACE))
    assert outcome.usage.keys() >= USAGE
    assert outcome.failure == ""
    assert outcome.output
    assert str(outcome.output["program"]) in " ".join(command)


def test_the_memory_of_python_is_not_counted_into_a_small_program() -> None:
    outcome = measure(EXPERIMENTS["busy"].command(PLACE, Work(1000)), PLACE, 60, Stop(), Watch(PLACE))
    own_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert outcome.usage["peak_rss_bytes"] < own_bytes / 4


def test_a_program_that_fails_is_measured_and_its_words_are_kept() -> None:
    outcome = measure(["sh", "-c", "echo 'It is broken.' >&2; exit 3"], PLACE, 60, Stop(), Watch(PLACE))
    assert outcome.usage["exit_status"] == 3
    assert outcome.failure == "The program ended with status 3: It is broken."
    with pytest.raises(BenchError, match="It is broken"):
        _ = outcome.loop_ns


@pytest.mark.parametrize("whom", ["$$", "$PPID"])
def test_a_program_that_was_killed_is_said_to_have_lacked_memory(whom: str) -> None:
    """The kernel kills whoever is largest: the program, or what measures it."""
    with pytest.raises(BenchError, match="was killed, most likely because the memory ran out; close what else runs"):
        _ = measure(["sh", "-c", f"kill -KILL {whom}; sleep 9"], PLACE, 60, Stop(), Watch(PLACE)).loop_ns


def test_a_missing_program_is_an_error_that_names_it() -> None:
    with pytest.raises(BenchError, match="'/no/such/program' cannot be run"):
        measure(["/no/such/program"], PLACE, 60, Stop(), Watch(PLACE))


def test_programs_that_were_never_built_are_an_error_that_says_how_to(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=f"is missing; build it with: make -C {tmp_path}/native"):
        measure(["true"], replace(PLACE, code=tmp_path), 60, Stop(), Watch(PLACE))


def test_what_is_not_json_is_an_error() -> None:
    with pytest.raises(BenchError, match="not JSON: b'hello"):
        measure(["echo", "hello"], PLACE, 60, Stop(), Watch(PLACE))


def test_a_program_that_takes_too_long_is_ended_with_its_children() -> None:
    # communicate() in measure returns when nobody holds the pipe any more: the child must be dead, too.
    with pytest.raises(BenchError, match=r"'sh -c sleep 60 & wait' was ended because it took longer than 0.2 s"):
        measure(["sh", "-c", "sleep 60 & wait"], PLACE, 0.2, Stop(), Watch(PLACE))


def test_a_stop_ends_what_runs_at_once() -> None:
    stop = Stop()
    timer = threading.Timer(0.2, stop.ask)
    timer.start()
    with pytest.raises(StoppedError):
        measure(["sleep", "60"], PLACE, 50, stop, Watch(PLACE))


def test_after_a_stop_nothing_begins(tmp_path: Path) -> None:
    stop = Stop()
    stop.ask()
    with pytest.raises(StoppedError):
        measure(["touch", str(tmp_path / "ran")], PLACE, 60, stop, Watch(PLACE))
    assert not (tmp_path / "ran").exists()


def test_a_stop_between_start_and_watch_is_not_missed() -> None:
    stop = Stop()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        stop.ask()
        with stop.watching(process):
            assert process.wait(10) < 0
