from __future__ import annotations

import resource
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agent.bench.experiments import EXPERIMENTS, Work
from agent.bench.measure import MOST_WORDS, measure
from agent.bench.monitor import Monitor
from agent.bench.output import ProgramOutput
from agent.bench.stop import Stop, StoppedError
from agent.board.paths import Paths
from agent.errors import BenchError
from tests.unit.native_parts import make_native

PATHS = Paths(may_tune=False, experimenter=None)
USAGE = {"wall_ns", "user_ns", "sys_ns", "peak_rss_bytes", "minor_faults", "major_faults", "exit_status"}


@pytest.fixture(scope="module", autouse=True)
def _native_programs() -> None:
    make_native()


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_can_be_measured(name: str) -> None:
    if lacking := EXPERIMENTS[name].lacks():
        pytest.skip(lacking)
    size = 10 * EXPERIMENTS[name].first_size
    command = EXPERIMENTS[name].command(PATHS, Work(size=size, step_bytes=300_000))
    outcome = measure(command, PATHS, 60, Stop(), Monitor(PATHS))
    assert outcome.usage.keys() >= USAGE
    assert outcome.failure == ""
    assert outcome.output
    assert str(outcome.output["program"]) in " ".join(command)


def test_the_memory_of_python_is_not_counted_into_a_small_program() -> None:
    outcome = measure(EXPERIMENTS["busy"].command(PATHS, Work(1000)), PATHS, 60, Stop(), Monitor(PATHS))
    own_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert outcome.usage["peak_rss_bytes"] < own_bytes / 4


def test_a_program_that_fails_is_measured_and_its_words_are_kept() -> None:
    outcome = measure(["sh", "-c", "echo 'It is broken.' >&2; exit 3"], PATHS, 60, Stop(), Monitor(PATHS))
    assert outcome.usage["exit_status"] == 3
    assert outcome.failure == "The program ended with status 3: It is broken."
    with pytest.raises(BenchError, match="It is broken"):
        _ = outcome.loop_ns


@pytest.mark.parametrize("whom", ["$$", "$PPID"])
def test_a_program_that_was_killed_is_said_to_have_lacked_memory(whom: str) -> None:
    """The kernel kills whoever is largest: the program, or what measures it."""
    with pytest.raises(BenchError, match="was killed, most likely because the memory ran out; close what else runs"):
        _ = measure(["sh", "-c", f"kill -KILL {whom}; sleep 9"], PATHS, 60, Stop(), Monitor(PATHS)).loop_ns


@pytest.mark.parametrize("whom", ["$$", "$PPID"])
def test_an_instruction_that_the_processor_lacks_is_a_sentence(whom: str) -> None:
    with pytest.raises(
        BenchError, match="an instruction that this processor does not know; build it anew with: make -C"
    ):
        _ = measure(["sh", "-c", f"kill -ILL {whom}; sleep 9"], PATHS, 60, Stop(), Monitor(PATHS)).loop_ns


def test_a_missing_program_is_an_error_that_names_it() -> None:
    with pytest.raises(BenchError, match="'/no/such/program' cannot be run"):
        measure(["/no/such/program"], PATHS, 60, Stop(), Monitor(PATHS))


def test_programs_that_were_never_built_are_an_error_that_says_how_to(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=f"is missing; build it with: make -C {tmp_path}/native"):
        measure(["true"], replace(PATHS, code=tmp_path), 60, Stop(), Monitor(PATHS))


def test_programs_of_another_kind_of_processor_are_an_error_that_says_how_to_build_them(tmp_path: Path) -> None:
    paths = spoiled_by(tmp_path, "exit 0")
    other = bytearray(Path(sys.executable).read_bytes()[:64])
    other[18] ^= 1
    (paths.native / "measure").write_bytes(other)
    words = f"measure was built for another kind of processor; build it anew with: make -C {tmp_path}/native clean all"
    with pytest.raises(BenchError, match=words):
        measure(["true"], paths, 60, Stop(), Monitor(PATHS))


@pytest.mark.parametrize("said", ["hello", "[1]", "7", '"text"', "[" * 100_000, '{"loop_ns":'])
def test_what_is_no_object_of_json_is_an_error(said: str) -> None:
    with pytest.raises(BenchError, match="no object of JSON: b'"):
        measure(["printf", "%s", said], PATHS, 60, Stop(), Monitor(PATHS))


@pytest.mark.parametrize("loop_ns", ["-1", "1.5", "true", '"1"', "9223372036854775808", "[]", "null"])
def test_a_time_that_no_clock_shows_is_no_time(loop_ns: str) -> None:
    outcome = measure(["printf", "%s", f'{{"loop_ns":{loop_ns}}}'], PATHS, 60, Stop(), Monitor(PATHS))
    with pytest.raises(BenchError, match="did not say how long its loop took"):
        _ = outcome.loop_ns


@pytest.mark.parametrize("pipe", ["1", "2"])
def test_a_program_that_prints_without_end_is_ended(pipe: str) -> None:
    with pytest.raises(BenchError, match=r"'sh -c yes >&\d' was ended because it printed more than 1048576 bytes"):
        measure(["sh", "-c", f"yes >&{pipe}"], PATHS, 60, Stop(), Monitor(PATHS))


def test_the_complaint_of_a_program_is_cut(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("x" * 100_000)
    outcome = measure(["sh", "-c", f"cat {tmp_path}/words >&2; exit 3"], PATHS, 60, Stop(), Monitor(PATHS))
    assert len(outcome.complaint) == MOST_WORDS


def spoiled_by(folder: Path, script: str) -> Paths:
    """A board whose account of the experiments writes what it likes where `measure` should write."""
    program = folder / "native" / "bin" / "measure"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return replace(PATHS, code=folder)


COST = '"wall_ns":1,"user_ns":1,"sys_ns":1,"minor_faults":1,"major_faults":1,"peak_rss_bytes":1,"voluntary_switches":1'


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "[]",
        "{" + COST + "}",
        "{" + COST + ',"involuntary_switches":1,"exit_status":-1}',
        "{" + COST + ',"involuntary_switches":1,"exit_status":true}',
        "{" + COST + ',"involuntary_switches":1,"exit_status":9223372036854775808}',
        "{" + COST + ',"involuntary_switches":1,"exit_status":0,"more":1}',
        "{" + COST + ',"involuntary_switches":1,"exit_status":0' + " " * 5000 + "}",
    ],
)
def test_what_a_program_cost_is_believed_as_whole_numbers_only(tmp_path: Path, written: str) -> None:
    paths = spoiled_by(tmp_path, f"printf '%s' '{written}' > $1")
    with pytest.raises(BenchError, match="was not written as it should be"):
        measure(["true"], paths, 60, Stop(), Monitor(paths))


def test_the_file_of_what_it_cost_has_no_name_to_be_swapped(tmp_path: Path) -> None:
    paths = spoiled_by(tmp_path, "readlink $1 >&2; exit 3")
    with pytest.raises(BenchError, match=r"\(deleted\)$"):
        measure(["true"], paths, 60, Stop(), Monitor(paths))


def test_what_a_program_left_behind_in_a_session_of_its_own_is_not_waited_for() -> None:
    began_s = time.monotonic()
    outcome = measure(["sh", "-c", "setsid sleep 90 & echo '{}'"], PATHS, 60, Stop(), Monitor(PATHS))
    assert outcome.output == {}
    assert time.monotonic() - began_s < 60


def test_a_stop_is_heard_although_something_else_holds_the_pipes() -> None:
    stop = Stop()
    threading.Timer(0.3, stop.ask).start()
    began_s = time.monotonic()
    with pytest.raises(StoppedError):
        measure(["sh", "-c", "setsid sleep 90 & sleep 90"], PATHS, 80, stop, Monitor(PATHS))
    assert time.monotonic() - began_s < 60


def test_a_program_that_closes_its_pipes_is_still_limited_in_time() -> None:
    with pytest.raises(BenchError, match=r"was ended because it took longer than 0.5 s"):
        measure(["sh", "-c", "exec >&- 2>&-; exec sleep 60"], PATHS, 0.5, Stop(), Monitor(PATHS))


class Undying(subprocess.Popen[bytes]):
    """A program that waits for a broken disk: the kernel does not even let it die."""

    dying = False

    def wait(self, timeout: float | None = None) -> int:
        if not self.dying:
            raise subprocess.TimeoutExpired("undying", timeout or 0)
        return super().wait(timeout)


def test_a_program_that_does_not_even_die_is_not_waited_for() -> None:
    with Undying(["true"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        with pytest.raises(BenchError, match="'true' does not end although it was killed"):
            ProgramOutput(process, "true", 5).read(Monitor(PATHS), Stop())
        process.dying = True


def test_a_program_without_pipes_is_not_read() -> None:
    with subprocess.Popen(["true"]) as process, pytest.raises(BenchError, match="'true' was started without pipes"):
        ProgramOutput(process, "true", 5).read(Monitor(PATHS), Stop())


def test_a_program_that_takes_too_long_is_ended_with_its_children() -> None:
    # communicate() in measure returns when nobody holds the pipe any more: the child must be dead, too.
    with pytest.raises(BenchError, match=r"'sh -c sleep 60 & wait' was ended because it took longer than 0.2 s"):
        measure(["sh", "-c", "sleep 60 & wait"], PATHS, 0.2, Stop(), Monitor(PATHS))


def test_a_stop_ends_what_runs_at_once() -> None:
    stop = Stop()
    timer = threading.Timer(0.2, stop.ask)
    timer.start()
    with pytest.raises(StoppedError):
        measure(["sleep", "60"], PATHS, 50, stop, Monitor(PATHS))


def test_after_a_stop_nothing_begins(tmp_path: Path) -> None:
    stop = Stop()
    stop.ask()
    with pytest.raises(StoppedError):
        measure(["touch", str(tmp_path / "ran")], PATHS, 60, stop, Monitor(PATHS))
    assert not (tmp_path / "ran").exists()


def test_a_stop_between_start_and_watch_is_not_missed() -> None:
    stop = Stop()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as process:
        stop.ask()
        with stop.watching(process):
            assert process.wait(60) < 0
