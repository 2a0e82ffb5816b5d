from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from fleet.boards.inventory import Board
from fleet.i18n import Language
from fleet.spread import table
from fleet.spread.choose import Member
from fleet.spread.record_file import SpreadRecords
from fleet.spread.sums import Sum

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = [
    Member(Board(name, "192.0.2.1"), 4, 10**9, is_simulated=True, agent_runs=False) for name in ("pi01", "pi02", "pi03")
]


def done(boards: int, wall_s: float, *, is_interrupted: bool = False, partial_sum: int = 5) -> Sum:
    names = tuple(each.board.name for each in MEMBERS[:boards])
    return Sum(names, [(0, 5)], {0: partial_sum}, Counter(pi01=1), is_interrupted, round(wall_s * 1e9))


def test_the_speed_up_is_over_the_first_board_alone_and_the_ideal_counts_processors() -> None:
    one, two = table.rows([done(2, 3.0), done(1, 6.0), done(1, 6.0), done(2, 3.0)], MEMBERS)
    assert one.gain
    assert one.gain.value == pytest.approx(1)
    assert two.gain
    assert two.gain.value == pytest.approx(2)
    assert (one.ideal, two.ideal) == (1, 2)
    assert two.processors == 8


def test_neither_an_interrupted_nor_a_wrong_sum_has_a_time_that_counts() -> None:
    found = table.rows([done(1, 6.0), done(1, 60.0, is_interrupted=True), done(1, 1.0, partial_sum=6)], MEMBERS)
    assert [row.walls_s for row in found] == [(6.0,)]


def test_without_the_first_board_alone_nothing_is_said_of_a_speed_up() -> None:
    (row,) = table.rows([done(2, 3.0)], MEMBERS)
    assert row.gain is None
    assert row.ideal is None


def test_what_is_simulated_says_so_beside_the_number() -> None:
    console = Console(width=160, record=True, quiet=False)
    with console.capture() as said:
        console.print(table.table(table.rows([done(1, 6.0), done(2, 3.0)], MEMBERS), Language(), simulated=True))
    assert said.get().count("simulated") == 2


def test_records_are_added_and_two_runs_never_share_a_file(tmp_path: Path) -> None:
    with SpreadRecords(tmp_path) as first, SpreadRecords(tmp_path) as second:
        first.write("run", additions=5)
        assert json.loads(first.path.read_text())["additions"] == 5
        assert first.path != second.path
