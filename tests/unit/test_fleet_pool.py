from __future__ import annotations

import errno
import threading

import pytest

from fleet.boards import awake
from fleet.boards.inventory import Board
from fleet.boards.outcome import Outcome, State
from fleet.boards.pool import BoardPool, on_all
from fleet.errors import LimitError, PlanError, RefusedError, RemoteError, UnreachableError

BOARDS = [Board(name, "") for name in ("pi02", "pi01", "pi03")]
LIMIT_S = 60.0


def fine(board: Board) -> Outcome:
    return Outcome(board.name, State.OK)


def test_every_board_has_a_row_in_the_order_of_the_inventory() -> None:
    assert on_all(BOARDS, fine, LIMIT_S) == [Outcome(name, State.OK) for name in ("pi02", "pi01", "pi03")]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (UnreachableError("off"), State.UNREACHABLE),
        (RefusedError("no"), State.REFUSED),
        (LimitError("late"), State.TIMED_OUT),
        (RemoteError("bad"), State.FAILED),
        (PlanError("bad plan"), State.FAILED),
    ],
)
def test_an_error_of_one_board_is_its_row_and_nobody_elses(error: Exception, state: State) -> None:
    def task(board: Board) -> Outcome:
        if board.name == "pi01":
            raise error
        return fine(board)

    assert on_all(BOARDS, task, LIMIT_S) == [fine(BOARDS[0]), Outcome("pi01", state, str(error)), fine(BOARDS[2])]


def test_a_mistake_of_ours_costs_one_board_only() -> None:
    def task(board: Board) -> Outcome:
        if board.name == "pi01":
            raise ZeroDivisionError
        return fine(board)

    rows = on_all(BOARDS, task, LIMIT_S)
    assert [row.state for row in rows] == [State.OK, State.FAILED, State.OK]
    assert "pi01 failed for a reason of ours: ZeroDivisionError" in rows[1].sentence


def test_no_more_boards_work_at_once_than_allowed() -> None:
    at_work, most = set(), []

    def task(board: Board) -> Outcome:
        at_work.add(board.name)
        most.append(len(at_work))
        at_work.remove(board.name)
        return fine(board)

    pool = BoardPool(BOARDS, task, at_once=1)
    pool.start()
    pool.join(LIMIT_S)
    assert pool.is_done
    assert max(most) == 1


def test_whoever_waits_is_told_of_each_board_once_its_outcome_is_there() -> None:
    known: list[int] = []
    pool = BoardPool(BOARDS, fine, 1, lambda: known.append(sum(row.is_ok for row in pool.outcomes())))
    pool.start()
    pool.join(LIMIT_S)
    assert known == [1, 2, 3]


def test_all_boards_work_at_once_unless_told_otherwise() -> None:
    together = threading.Barrier(len(BOARDS), timeout=LIMIT_S)

    def task(board: Board) -> Outcome:
        together.wait()
        return fine(board)

    assert all(row.is_ok for row in on_all(BOARDS, task, LIMIT_S))


def test_a_board_that_does_not_end_in_time_is_said_to_be_late() -> None:
    let_go = threading.Event()

    def task(board: Board) -> Outcome:
        if board.name == "pi01":
            let_go.wait(LIMIT_S)
        return fine(board)

    rows = on_all(BOARDS, task, 0.2)
    let_go.set()
    assert rows[1] == Outcome("pi01", State.TIMED_OUT, "pi01 had not ended when the command did.")


def test_no_board_is_late_while_this_computer_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    was_waited_for = threading.Event()

    class StillClock:
        """Time that does not pass, however often somebody looks."""

        looks = 0

        def now_s(self) -> float:
            self.looks += 1
            if self.looks > 2 * len(BOARDS):
                was_waited_for.set()
            return 0.0

    def task(board: Board) -> Outcome:
        if board.name == "pi01":
            assert was_waited_for.wait(LIMIT_S)
        return fine(board)

    monkeypatch.setattr(awake, "CLOCK", StillClock())
    assert all(row.is_ok for row in on_all(BOARDS, task, 0.1))


@pytest.mark.parametrize(
    "error", [SystemExit(3), KeyboardInterrupt(), MemoryError(), RecursionError(), GeneratorExit()]
)
def test_whatever_is_raised_costs_one_board_only(error: BaseException) -> None:
    def task(board: Board) -> Outcome:
        if board.name == "pi01":
            raise error
        return fine(board)

    rows = on_all(BOARDS, task, LIMIT_S)
    assert [row.state for row in rows] == [State.OK, State.FAILED, State.OK]


def test_a_disk_that_is_full_is_a_sentence_of_the_board_whose_file_it_is() -> None:
    def task(board: Board) -> Outcome:
        if board.name == "pi01":
            raise OSError(errno.ENOSPC, "No space left on device", "/results/pi01.jsonl")
        return fine(board)

    sentence = on_all(BOARDS, task, LIMIT_S)[1].sentence
    assert sentence.startswith("pi01: /results/pi01.jsonl cannot be used: the disk is full; make room")


def test_a_reason_of_ours_is_no_longer_than_a_sentence() -> None:
    def task(_: Board) -> Outcome:
        raise ValueError("x" * 10_000)

    assert all(len(row.sentence) < 400 for row in on_all(BOARDS, task, LIMIT_S))
