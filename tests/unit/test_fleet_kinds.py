from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fleet.analysis import outliers, summary
from tests.unit.fleet_parts import PI4, pi4, timed

if TYPE_CHECKING:
    from fleet.analysis.records import BoardFacts, Records
    from fleet.analysis.summary import Row


def room(**slower: float) -> dict[str, tuple[BoardFacts, list[Row]]]:
    """Five boards of one kind; of those that are named, busy takes so many times as long."""
    names = [f"pi{number:02}" for number in range(1, 6)]
    return {name: (PI4, summary.rows(board(name, slower.get(name, 1.0)))) for name in names}


def board(name: str, times: float) -> Records:
    # Boards of one kind differ by some thousandths.
    own = 1 + int(name.removeprefix("pi")) / 1000
    return replace(pi4("busy"), host=name, samples=tuple(timed("busy", "L9", 1, 401 * times * own, 399 * times * own)))


def test_a_board_that_is_slower_than_its_kind_stands_out() -> None:
    (found,) = outliers.outliers(room(pi04=1.5))
    assert (found.host, found.experiment, found.workers, found.governor) == ("pi04", "busy", 1, "performance")
    assert 1.45 < found.times_as_long < 1.55


def test_boards_of_one_kind_that_differ_a_little_do_not_stand_out() -> None:
    assert outliers.outliers(room(pi04=1.04)) == []


def test_a_board_of_another_kind_is_not_compared() -> None:
    boards = room(pi04=1.5)
    boards["pi04"] = (replace(PI4, model="Raspberry Pi 3 Model B Rev 1.2"), boards["pi04"][1])
    assert outliers.outliers(boards) == []


def test_two_boards_do_not_tell_which_is_the_odd_one() -> None:
    boards = room(pi02=1.5)
    assert outliers.outliers({name: boards[name] for name in ("pi01", "pi02")}) == []


def test_a_board_that_stands_out_is_named_once_with_what_differs_most() -> None:
    found = [
        outliers.Outlier("pi04", "busy", 1, "performance", 1.2),
        outliers.Outlier("pi04", "c-threads", 4, "performance", 0.5),
    ]
    assert outliers.sentences(found) == [
        (
            "pi04 stands out from boards of its kind (timings: 2), most in c-threads (workers: 4) under performance: "
            "0.50 times as long."
        )
    ]
