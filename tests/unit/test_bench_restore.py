from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING

import pytest

from agent.bench.restore import SavedState, board_lock, restore, save
from agent.errors import BenchError, BusyError
from tests.unit.bench_board import AGENT, Board, umask

if TYPE_CHECKING:
    from pathlib import Path

FOUND = SavedState("run-1", {"policy0": "schedutil"}, [AGENT, "apt-daily.timer"])


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    made = Board(tmp_path)
    monkeypatch.setenv("PATH", made.environment["PATH"])
    return made


def test_all_that_was_found_is_put_back(board: Board) -> None:
    save(FOUND, board.paths)
    restore(board.paths)
    assert board.governor == "schedutil"
    assert board.runs_unit(AGENT)
    assert board.runs_unit("apt-daily.timer")
    assert not board.paths.restore_file.exists()


def test_putting_back_twice_does_nothing_more(board: Board) -> None:
    save(FOUND, board.paths)
    restore(board.paths)
    calls = board.calls
    restore(board.paths)
    assert board.calls == calls


def test_how_the_board_was_found_is_for_root_alone_whatever_the_umask(board: Board) -> None:
    with umask(0):
        save(FOUND, board.paths)
    assert json.loads(board.paths.restore_file.read_text())["governors"] == {"policy0": "schedutil"}
    assert board.paths.restore_file.stat().st_mode & 0o777 == 0o600


def test_what_lies_where_a_file_is_written_is_not_written_through(board: Board, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("precious")
    board.paths.restore_file.with_name("restore.json.new").symlink_to(tmp_path / "precious")
    save(FOUND, board.paths)
    assert (tmp_path / "precious").read_text() == "precious"
    assert not board.paths.restore_file.is_symlink()


def test_what_cannot_be_put_back_is_named_and_does_not_stop_the_rest(board: Board) -> None:
    (board.units / f"broken-{AGENT}").touch()
    save(FOUND, board.paths)
    with pytest.raises(BenchError, match=rf"before run run-1: 'systemctl start {AGENT}' failed: .* not found"):
        restore(board.paths)
    assert board.governor == "schedutil"
    assert board.runs_unit("apt-daily.timer")
    assert board.paths.restore_file.exists()


def test_a_later_attempt_puts_back_what_failed_before(board: Board) -> None:
    (board.units / f"broken-{AGENT}").touch()
    save(FOUND, board.paths)
    with pytest.raises(BenchError):
        restore(board.paths)
    (board.units / f"broken-{AGENT}").unlink()
    restore(board.paths)
    assert board.runs_unit(AGENT)


def test_while_the_board_boots_nothing_waits_for_a_unit(board: Board) -> None:
    (board.units / "state").write_text("starting\n")
    save(FOUND, board.paths)
    restore(board.paths)
    assert f"start --no-block {AGENT}" in board.calls


def test_what_cannot_start_while_the_board_shuts_down_is_left_for_the_next_boot(board: Board) -> None:
    (board.units / "state").write_text("stopping\n")
    save(FOUND, board.paths)
    with pytest.raises(BenchError, match=f"{AGENT} cannot be started while the board shuts down"):
        restore(board.paths)
    assert board.governor == "schedutil"
    assert board.paths.restore_file.exists()


def test_a_file_that_cannot_be_understood_is_named(board: Board) -> None:
    board.paths.restore_file.write_text('{"schema":1}')
    with pytest.raises(BenchError, match=r"restore.json cannot be understood .* remove"):
        restore(board.paths)


def test_nobody_else_can_open_the_lock_and_hold_it(board: Board) -> None:
    with umask(0), board_lock(board.paths):
        assert board.paths.lock_file.stat().st_mode & 0o777 == 0o600


def test_a_lock_that_others_could_open_is_replaced_so_that_nobody_holds_it_still(board: Board) -> None:
    board.paths.lock_file.touch()
    board.paths.lock_file.chmod(0o644)
    with board.paths.lock_file.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with board_lock(board.paths):
            assert board.paths.lock_file.stat().st_mode & 0o777 == 0o600


def test_a_lock_that_is_a_link_is_not_followed(board: Board, tmp_path: Path) -> None:
    board.paths.lock_file.symlink_to(tmp_path / "elsewhere")
    with board_lock(board.paths):
        assert not (tmp_path / "elsewhere").exists()


def test_only_one_may_change_the_board(board: Board) -> None:
    with board_lock(board.paths), pytest.raises(BusyError, match="A bench runs on this board"), board_lock(board.paths):
        pass
    with board_lock(board.paths):
        pass
