from __future__ import annotations

import io
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent.bench.records import new_records
from agent.bench.restore import SavedState, board_lock, save
from agent.bench.unit import start_command
from agent.board import files, sandbox
from agent.board.units import BENCH
from agent.commands import bench
from tests.unit.bench_board import AGENT, Board, bench_parser, plan_text, read_records

if TYPE_CHECKING:
    from pathlib import Path

FINE, FAILED, BAD_USE, REFUSED, LOST = range(5)


class Terminal:
    """Types commands on a board and sees what comes back."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.out = ""
        self.words = ""

    def type(self, *command: str, stdin: str = "") -> int:
        out, words = io.StringIO(), io.StringIO()
        args = bench_parser().parse_args(["bench", *command])
        status = bench.main(args, io.StringIO(stdin), out, words, self.board.paths)
        self.out, self.words = out.getvalue(), words.getvalue()
        return status


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    board = Board(tmp_path)
    monkeypatch.setenv("PATH", board.environment["PATH"])
    return Terminal(board)


def test_start_writes_the_plan_and_starts_the_unit(terminal: Terminal) -> None:
    assert terminal.type("start", "--run", "test-1", stdin=plan_text()) == FINE
    folder = terminal.board.paths.run_folder("test-1")
    assert (folder / "plan.json").read_text() == plan_text()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "plan.json").stat().st_mode & 0o777 == 0o600
    assert terminal.board.runs_unit(BENCH)


def test_start_can_print_the_records_of_the_run_that_it_started(terminal: Terminal) -> None:
    path = terminal.board.paths.records_file("test-1")

    def measure() -> None:
        with new_records(path, "test-1") as records:
            records.event("energy", "There is none.")
            records.end("done")

    running = threading.Timer(0.3, measure)
    running.start()
    assert terminal.type("start", "--run", "test-1", "--follow", stdin=plan_text()) == FINE
    running.join()
    assert terminal.out == path.read_text()
    assert '"kind":"end"' in terminal.out


def test_a_run_that_is_refused_is_not_followed(terminal: Terminal) -> None:
    terminal.type("start", "--run", "test-1", stdin=plan_text())
    assert terminal.type("start", "--run", "test-2", "--follow", stdin=plan_text(run="test-2")) == REFUSED
    assert terminal.out == ""


def test_runs_that_an_earlier_pilab_left_open_to_all_are_closed(terminal: Terminal) -> None:
    earlier = terminal.board.paths.run_folder("earlier")
    earlier.mkdir(parents=True)
    earlier.chmod(0o755)
    assert terminal.type("start", "--run", "test-1", stdin=plan_text()) == FINE
    assert earlier.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_closed_is_a_sentence(terminal: Terminal) -> None:
    runs = terminal.board.paths.run_folder("earlier").parent
    runs.mkdir(parents=True)
    (runs / "earlier").symlink_to("gone")
    assert terminal.type("start", "--run", "test-1", stdin=plan_text()) == REFUSED
    assert "earlier cannot be written: No such file or directory" in terminal.words


def test_the_unit_puts_the_board_back_in_its_last_step(terminal: Terminal) -> None:
    paths = terminal.board.paths
    command = start_command("test-1", paths.state / "plan.json", paths.state / "records.jsonl", paths)
    assert command[0] == "systemd-run"
    assert f"--unit={BENCH}" in command
    assert any(word.startswith("--property=ExecStopPost=/") and word.endswith("bench restore") for word in command)


def test_the_unit_may_write_records_and_governors_only_and_its_python_is_isolated(terminal: Terminal) -> None:
    paths = terminal.board.paths
    command = start_command("test-1", paths.state / "plan.json", paths.state / "records.jsonl", paths)
    writable = [word.rpartition("=")[2] for word in command if word.startswith("--property=ReadWritePaths=")]
    assert writable == [str(paths.state), f"-{paths.cpufreq.parent}"]
    assert "--property=CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_KILL" in command
    assert command[command.index("bench") - 4 : command.index("bench")] == sandbox.python(paths.code)


def test_start_is_refused_while_another_run_lives_and_names_it(terminal: Terminal) -> None:
    terminal.type("start", "--run", "test-1", stdin=plan_text())
    assert terminal.type("start", "--run", "test-2", stdin=plan_text(run="test-2")) == REFUSED
    assert "Run test-1 is on this board" in terminal.words


def test_a_name_is_used_for_one_run_only(terminal: Terminal) -> None:
    records = terminal.board.paths.run_folder("test-1") / "records.jsonl"
    records.parent.mkdir(parents=True)
    records.touch()
    assert terminal.type("start", "--run", "test-1", stdin=plan_text()) == REFUSED
    assert "Run test-1 has been on this board already" in terminal.words


def test_start_is_refused_on_a_disk_that_is_nearly_full(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "NEEDED_BYTES", 2**62)
    assert terminal.type("start", "--run", "test-1", stdin=plan_text()) == REFUSED
    assert "make room" in terminal.words
    assert not terminal.board.runs_unit(BENCH)


@pytest.mark.parametrize("plan", ["", plan_text(runs=0), plan_text(run="test-2")])
def test_a_bad_plan_starts_nothing(terminal: Terminal, plan: str) -> None:
    assert terminal.type("start", "--run", "test-1", stdin=plan) == BAD_USE
    assert terminal.words.count("\n") == 1
    assert not terminal.board.runs_unit(BENCH)


@pytest.mark.parametrize("action", ["start --run r", "follow --run r", "stop --run r", "restore"])
def test_changing_the_board_and_reading_its_records_needs_root(terminal: Terminal, action: str) -> None:
    terminal.board.paths = replace(terminal.board.paths, may_tune=False)
    assert terminal.type(*action.split(), stdin=plan_text()) == BAD_USE
    assert "needs root; put sudo before it" in terminal.words


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a/b", ".hidden", "x" * 65])
def test_the_name_of_a_run_cannot_lead_out_of_its_folder(
    terminal: Terminal, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        terminal.type("follow", "--run", name)
    assert caught.value.code == BAD_USE
    assert "letters, digits" in capsys.readouterr().err


def test_follow_prints_the_records_of_a_run(terminal: Terminal) -> None:
    folder = terminal.board.paths.run_folder("test-1")
    folder.mkdir(parents=True)
    with new_records(folder / "records.jsonl", "test-1") as records:
        records.write("board", {})
        records.end("done")
    assert terminal.type("follow", "--run", "test-1", "--skip", "1") == FINE
    assert terminal.out == (folder / "records.jsonl").read_text().splitlines(keepends=True)[1]


def test_follow_of_a_run_that_is_not_there_is_lost(terminal: Terminal) -> None:
    assert terminal.type("follow", "--run", "test-1") == LOST
    assert "will not come" in terminal.words


def test_stop_ends_the_unit_of_this_run(terminal: Terminal) -> None:
    terminal.type("start", "--run", "test-1", stdin=plan_text())
    assert terminal.type("stop", "--run", "test-1") == FINE
    assert not terminal.board.runs_unit(BENCH)


def test_stop_does_not_end_another_run(terminal: Terminal) -> None:
    terminal.type("start", "--run", "test-1", stdin=plan_text())
    assert terminal.type("stop", "--run", "test-2") == REFUSED
    assert "Run test-1 is on this board, not test-2" in terminal.words
    assert terminal.board.runs_unit(BENCH)


def test_stop_of_a_run_that_is_over_puts_back_what_is_left(terminal: Terminal) -> None:
    save(SavedState("test-1", {"policy0": "schedutil"}, [AGENT]), terminal.board.paths)
    assert terminal.type("stop", "--run", "test-1") == FINE
    assert terminal.board.governor == "schedutil"
    assert terminal.board.runs_unit(AGENT)


def test_restore_with_nothing_to_restore_is_fine(terminal: Terminal) -> None:
    assert terminal.type("restore") == FINE
    assert terminal.words == ""


def test_restore_keeps_its_hands_off_a_run_that_lives(terminal: Terminal) -> None:
    save(SavedState("test-1", {"policy0": "schedutil"}, []), terminal.board.paths)
    with board_lock(terminal.board.paths):
        assert terminal.type("restore") == REFUSED
    assert "press Ctrl-C where it was begun" in terminal.words
    assert terminal.board.governor == "ondemand"


def test_a_restore_that_fails_says_so(terminal: Terminal) -> None:
    (terminal.board.units / f"broken-{AGENT}").touch()
    save(SavedState("test-1", {}, [AGENT]), terminal.board.paths)
    assert terminal.type("restore") == FAILED
    assert AGENT in terminal.words


def test_run_carries_a_plan_out_in_the_foreground(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan_text())
    files_given = ["--plan", str(tmp_path / "plan.json"), "--records", str(tmp_path / "out" / "records.jsonl")]
    assert terminal.type("run", *files_given) == FINE
    assert read_records(tmp_path / "out" / "records.jsonl")[-1]["status"] == "done"


def test_run_without_its_plan_is_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    assert terminal.type("run", "--plan", str(tmp_path / "no.json"), "--records", str(tmp_path / "r.jsonl")) == BAD_USE
    assert "no.json cannot be read: No such file or directory" in terminal.words
