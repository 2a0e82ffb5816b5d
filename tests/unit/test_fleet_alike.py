from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from invoke.exceptions import Exit

from commands import output
from fleet.boards import alike, messages
from fleet.boards.inventory import Board
from fleet.boards.outcome import Outcome, State
from fleet.service.state import AGENT, parse_status

if TYPE_CHECKING:
    from collections.abc import Callable

ROOM = [Board(f"pi{number:02}", f"10.77.0.{number}") for number in range(1, 31)]


def gone(board: Board) -> str:
    return messages.silent(board, 8.0)


def refused(board: Board) -> str:
    return messages.refused_key(board)


def stopped(board: Board) -> str:
    moment = f"Fri 2026-11-27 03:14:{board.name[2:]} UTC"
    shown = {"Id": AGENT, "LoadState": "loaded", "ActiveState": "inactive", "Result": "success"}
    shown["InactiveEnterTimestamp"] = moment
    return parse_status(board, "\n".join(f"{key}={value}" for key, value in shown.items())).sentence


def bare(board: Board) -> str:
    return messages.not_provisioned(board)


@pytest.mark.parametrize("say", [gone, refused, bare, stopped])
def test_thirty_boards_with_the_same_trouble_are_one_group_however_often_their_names_are_said(
    say: Callable[[Board], str],
) -> None:
    (group,) = alike.groups((board.name, say(board)) for board in ROOM)
    assert [board for board, _ in group] == [board.name for board in ROOM]


def test_a_board_with_a_trouble_of_its_own_stays_by_itself_and_in_its_place() -> None:
    told = [(board.name, gone(board) if board.name != "pi02" else bare(board)) for board in ROOM]
    assert [[board for board, _ in group][:2] for group in alike.groups(told)] == [["pi01", "pi03"], ["pi02"]]


def test_two_boards_have_a_sentence_each() -> None:
    assert len(alike.groups((board.name, gone(board)) for board in ROOM[:2])) == 2


def test_a_name_within_another_is_not_the_board() -> None:
    told = [("pi1", "pi1 is like pi10."), ("pi2", "pi2 is like pi10."), ("pi0", "pi0 is like pi20.")]
    assert [len(group) for group in alike.groups(told)] == [1, 1, 1]


def test_the_rest_of_a_group_is_named_below_its_first_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit):
        output.end([Outcome(board.name, State.UNREACHABLE, gone(board)) for board in ROOM])
    first, others = capsys.readouterr().err.splitlines()
    assert first == f"[silent] {gone(ROOM[0])}"
    assert others.startswith("  The same of 29 more boards: pi02, pi03, pi04")
    assert others.endswith("pi30")
