from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fleet.analysis import outliers
from fleet.analysis.board import BoardAnalysis
from fleet.analysis.condition import Condition
from fleet.boards.outcome import Outcome, State
from fleet.i18n import Language
from fleet.report.board import BoardView
from fleet.report.figures import boards as boards_compared
from fleet.report.figures.panels import ODD
from tests.unit.fleet_parts import PI4, page_touch, pi4, timed

if TYPE_CHECKING:
    from fleet.analysis.records import Records, Sample


def room(**slower: float) -> dict[str, BoardAnalysis]:
    """Five boards of one kind; of those that are named, busy takes so many times as long."""
    names = [f"pi{number:02}" for number in range(1, 6)]
    return {name: BoardAnalysis(board(name, slower.get(name, 1.0))) for name in names}


def own(name: str) -> float:
    """Boards of one kind differ by some thousandths."""
    return 1 + int(name.removeprefix("pi")) / 1000


def board(name: str, times: float) -> Records:
    factor = times * own(name)
    return replace(pi4("busy"), host=name, samples=tuple(timed("busy", "L9", 1, 401 * factor, 399 * factor)))


def with_more(analysis: BoardAnalysis, *samples: Sample) -> BoardAnalysis:
    return BoardAnalysis(replace(analysis.records, samples=(*analysis.records.samples, *samples)))


def test_a_board_that_is_slower_than_its_kind_stands_out() -> None:
    (found,) = outliers.outliers(room(pi04=1.5).values())
    assert (found.host, found.condition) == ("pi04", Condition("busy", 250_000_000, 1, "performance"))
    assert 1.45 < found.times_as_long < 1.55


def test_boards_of_one_kind_that_differ_a_little_do_not_stand_out() -> None:
    assert outliers.outliers(room(pi04=1.04).values()) == []


def test_a_board_of_another_kind_is_not_compared() -> None:
    boards = room(pi04=1.5)
    other = replace(PI4, model="Raspberry Pi 3 Model B Rev 1.2")
    boards["pi04"] = BoardAnalysis(replace(boards["pi04"].records, board=other))
    assert outliers.outliers(boards.values()) == []


def test_a_board_that_did_not_say_what_it_is_is_not_compared() -> None:
    boards = room(pi04=1.5)
    boards["pi04"] = BoardAnalysis(replace(boards["pi04"].records, board=None))
    assert outliers.outliers(boards.values()) == []


def test_two_boards_do_not_tell_which_is_the_odd_one() -> None:
    boards = room(pi02=1.5)
    assert outliers.outliers([boards["pi01"], boards["pi02"]]) == []


def test_a_board_that_found_another_size_is_compared_by_the_unit() -> None:
    boards = room()
    double = [
        replace(each, size=2 * each.size, wall_ns=2 * each.wall_ns, output={"loop_ns": 2 * each.work_ns})
        for each in boards["pi04"].records.samples
    ]
    boards["pi04"] = BoardAnalysis(replace(boards["pi04"].records, samples=tuple(double)))
    assert outliers.outliers(boards.values()) == []
    slow = [replace(each, size=each.size // 2) for each in double]
    boards["pi04"] = BoardAnalysis(replace(boards["pi04"].records, samples=tuple(slow)))
    assert [found.host for found in outliers.outliers(boards.values())] == ["pi04"]


def test_a_board_that_is_slow_at_one_of_two_sizes_stands_out_at_that_one() -> None:
    """What a unit of memory takes depends on how much there is: sizes are never taken for each other."""
    found = {}
    for name, analysis in room().items():
        small = [replace(each, size=2**20, wall_ns=int(each.wall_ns * own(name) / 50)) for each in page_touch()]
        large = [replace(each, size=2**26, wall_ns=int(each.wall_ns * own(name))) for each in page_touch()]
        if name == "pi02":
            small = [replace(each, wall_ns=int(1.5 * each.wall_ns)) for each in small]
        found[name] = with_more(analysis, *small, *large)
    assert [(each.host, each.condition) for each in outliers.outliers(found.values())] == [
        ("pi02", Condition("page-touch", 2**20, 1, "performance")),
    ]


def test_a_board_that_tried_only_the_smaller_size_is_not_held_against_the_larger_one_of_others() -> None:
    found = {}
    for name, analysis in room().items():
        small = [replace(each, size=2**20, wall_ns=int(each.wall_ns * own(name) / 50)) for each in page_touch()]
        large = [replace(each, size=2**26, wall_ns=int(each.wall_ns * own(name))) for each in page_touch()]
        found[name] = with_more(analysis, *small, *(large if name != "pi02" else []))
    assert outliers.outliers(found.values()) == []


def test_a_dot_is_red_only_if_the_timings_that_it_shows_stand_out() -> None:
    """The picture shows the most workers: a board that is slow with one worker only is in the sentences, not in red."""
    found = {}
    for name, analysis in room(pi04=1.5).items():
        found[name] = with_more(analysis, *timed("busy", "L9", 4, 101 * own(name), 400))
    views = [BoardView(Outcome(name, State.OK), each) for name, each in found.items()]
    odd = outliers.outliers(found.values())
    assert [(each.host, each.condition.workers) for each in odd] == [("pi04", 1)]
    assert ODD not in boards_compared.draw(views, odd, Language())
    slow = [replace(odd[0], condition=odd[0].condition._replace(workers=4))]
    assert ODD in boards_compared.draw(views, slow, Language())


def test_a_board_that_stands_out_is_named_once_with_what_differs_most() -> None:
    found = [
        outliers.Outlier("pi04", Condition("busy", 100, 1, "performance"), 1.2),
        outliers.Outlier("pi04", Condition("c-threads", 100, 4, "performance"), 0.5),
    ]
    assert outliers.sentences(found) == [
        (
            "pi04 stands out from boards of its kind (timings: 2), most in c-threads (workers: 4) under performance: "
            "0.50 times as long."
        )
    ]
