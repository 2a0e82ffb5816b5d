"""A program that fails while it is counted, in each way there is: one event, and everything else is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.bench import session
from agent.bench.measure import KILLED, measure
from agent.bench.moment import look
from agent.bench.monitor import Monitor
from agent.bench.plan import parse
from agent.bench.runner import run
from agent.bench.session import MOST_FAILURES
from agent.bench.stop import Stop
from agent.board.paths import Paths
from agent.errors import BenchError
from fleet.analysis.records import load
from fleet.bench.ending import EndReason, ending
from fleet.boards.inventory import THIS_COMPUTER
from tests.unit.bench_board import CODE, Board, plan_text, read_records
from tests.unit.native_parts import make_native

RUNS = 3
FILES_OPEN = Path("/proc/self/fd")
Records = list[dict[str, Any]]


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    make_native()
    made = Board(tmp_path)
    monkeypatch.setenv("PATH", made.environment["PATH"])
    return made


def sabotage(board: Board, first: int, last: int, deed: str) -> None:
    """Have `busy` do something else at some of its calls: at the first one, which is not counted, it works."""
    native = board.bin / "native" / "bin"
    native.mkdir(parents=True)
    for name in ("measure", "sum_threads"):
        (native / name).symlink_to(CODE / "native" / "bin" / name)
    count = board.bin / "count"
    (native / "busy").write_text(
        f"#!/bin/sh\necho >>{count}\nn=$(wc -l <{count})\n"
        f"if [ $n -ge {first} ] && [ $n -le {last} ]; then {deed}; fi\nexec {CODE}/native/bin/busy $@\n"
    )
    (native / "busy").chmod(0o755)
    board.paths = replace(board.paths, code=board.bin)


def bench(board: Board, **changes: object) -> Records:
    experiments = [
        {"name": "busy", "workers": [1], "sizes": [1000]},
        {"name": "c-threads", "workers": [1], "sizes": [1000]},
    ]
    plan = {"runs": RUNS, "governors": ["performance"], "experiments": experiments, "patience_s": 0, **changes}
    path = board.paths.run_folder("test-1") / "records.jsonl"
    run(parse(plan_text(**plan)), path, board.paths, Stop())
    return read_records(path)


def good(records: Records, experiment: str) -> int:
    return sum(1 for each in records if each.get("experiment") == experiment and each.get("exit_status") == 0)


def events(records: Records, what: str) -> Records:
    return [each for each in records if each.get("what") == what]


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("kill -KILL $$", KILLED),
        ("kill -KILL $PPID; sleep 30", KILLED),
        ("kill -SEGV $$", "The program ended with status 139: It did not say why."),
        ("echo 'No more.' >&2; exit 7", "The program ended with status 7: No more."),
        ("sleep 30", "was ended because it took longer than 8 s."),
        ("echo no JSON; exit 0", "The program printed something that is no object of JSON"),
        ("exec yes", "was ended because it printed more than"),
        ("rm $0; exec $0", "The program ended with status"),
    ],
)
def test_a_counted_program_that_fails_is_one_event_and_the_others_are_measured(
    deed: str, reason: str, board: Board
) -> None:
    sabotage(board, 3, 3, deed)
    records = bench(board, timeout_s=8)
    failed = events(records, "failed")
    assert reason in failed[0]["message"]
    assert "busy of size 1000 with 1 worker under 'performance': " in failed[0]["message"]
    assert (failed[0]["repetition"], failed[0]["block"]) in {(each, each * 2 // RUNS) for each in range(RUNS)}
    assert good(records, "c-threads") == RUNS
    assert records[-1]["kind"] == "end"
    assert records[-1]["status"] == "done"


def test_one_failure_costs_one_sample(board: Board) -> None:
    sabotage(board, 3, 3, "kill -KILL $$")
    records = bench(board)
    assert len(events(records, "failed")) == 1
    assert not events(records, "given-up")
    assert (good(records, "busy"), good(records, "c-threads")) == (RUNS - 1, RUNS)


def test_what_fails_again_is_given_up_and_costs_no_more_time(board: Board) -> None:
    sabotage(board, 2, 99, "sleep 30")
    records = bench(board, timeout_s=5)
    assert len(events(records, "failed")) == MOST_FAILURES
    (given_up,) = events(records, "given-up")
    assert "failed 2 times, so it is not run any more" in given_up["message"]
    assert (good(records, "busy"), good(records, "c-threads")) == (0, RUNS)


def test_a_program_that_fails_uncounted_is_not_counted_at_all(board: Board) -> None:
    sabotage(board, 1, 99, "exit 3")
    records = bench(board)
    (failed,) = events(records, "failed")
    assert "before it was timed: The program ended with status 3" in failed["message"]
    assert (good(records, "busy"), good(records, "c-threads")) == (0, RUNS)


def test_the_row_of_the_board_says_what_failed(board: Board) -> None:
    sabotage(board, 3, 3, "kill -KILL $$")
    bench(board)
    records = load(board.paths.records_file("test-1"))
    outcome = ending(THIS_COMPUTER, records, EndReason.BY_ITSELF, "")
    assert not outcome.is_ok
    assert f"busy of size 1000 with 1 worker under 'performance': {KILLED}" in outcome.sentence


def test_a_board_whose_sensors_cannot_be_opened_fails_a_sample_and_goes_on(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with too many open files, which hits whatever opens the next one."""
    looks = iter(range(1000))

    def look_or_fail(paths: Paths) -> object:
        if next(looks) == 1:
            raise OSError(24, "Too many open files")
        return look(paths)

    monkeypatch.setattr(session, "look", look_or_fail)
    records = bench(board)
    (failed,) = events(records, "failed")
    assert "Too many open files" in failed["message"]
    assert good(records, "busy") + good(records, "c-threads") == 2 * RUNS - 1
    assert records[-1]["status"] == "done"


LIMITED = """
import json, resource, sys
from agent.bench.measure import measure
from agent.bench.monitor import Monitor
from agent.bench.stop import Stop
from agent.board.paths import Paths
from agent.errors import BenchError
paths = Paths(may_tune=False, experimenter=None)
name, limit = getattr(resource, sys.argv[1]), int(sys.argv[2])
said = []
# The last one is for Python 3.11.2, which keeps pipes open where the next one cannot be opened.
for limit in (*range(limit, limit + 14), 200):
    resource.setrlimit(name, (limit, resource.getrlimit(name)[1]))
    try:
        measure(["true"], paths, 20, Stop(), Monitor(paths))
        said.append("")
    except BenchError as error:
        said.append(str(error))
print(json.dumps(said))
"""


def test_with_too_few_files_to_open_a_program_fails_in_a_sentence_wherever_it_runs_out() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, "RLIMIT_NOFILE", "4"],
        capture_output=True, text=True, check=True, cwd=CODE, timeout=60,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert "Too many open files" in said[0]
    assert said[-1] == ""
    assert all("Too many open files" in each for each in said if each)
    assert not any("build it" in each for each in said[1:])


def test_a_program_that_lacks_memory_says_so(tmp_path: Path) -> None:
    """What a limit of memory does to the program itself: mmap fails, and the program's own sentence is kept."""
    script = tmp_path / "limited"
    script.write_text(f"#!/bin/sh\nulimit -v 100000\nexec {CODE}/native/bin/touch_pages 1073741824 104857600\n")
    script.chmod(0o755)
    make_native()
    paths = Paths(may_tune=False, experimenter=None)
    outcome = measure([str(script)], paths, 20, Stop(), Monitor(paths))
    assert "The kernel does not promise 1073741824 bytes: Cannot allocate memory." in outcome.failure


def test_no_memory_in_the_bench_itself_is_a_sentence_and_the_program_is_not_left_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paths = Paths(may_tune=False, experimenter=None)
    watch = Monitor(paths)

    def nothing_left() -> None:
        raise MemoryError

    monkeypatch.setattr(watch, "begin", nothing_left)
    before = set(FILES_OPEN.iterdir())
    with pytest.raises(BenchError, match="cannot be measured: no memory is left"):
        measure(["sleep", "5"], paths, 20, Stop(), watch)
    assert set(FILES_OPEN.iterdir()) == before
