from __future__ import annotations

from dataclasses import replace

import pytest

from fleet.analysis import outliers, robust
from fleet.analysis.board import BoardAnalysis
from tests.unit import simulated_runs
from tests.unit.fleet_parts import pi4, timed
from tests.unit.simulated_runs import Room


def board(number: int, times: float) -> BoardAnalysis:
    factor = times * (1 + number % 7 / 500)
    samples = timed("busy", "L9", 1, 401 * factor, 399 * factor)
    return BoardAnalysis(replace(pi4("busy"), host=f"pi{number:02}", samples=tuple(samples)))


@pytest.mark.parametrize("count", [4, 5, 10, 30])
def test_half_a_room_that_is_slow_is_two_groups_and_no_board_stands_out(count: int) -> None:
    slow = count // 2
    found = outliers.unlike(board(number, 1.3 if number < slow else 1.0) for number in range(count))
    assert found.outliers == []
    (groups,) = found.groups
    assert (groups.slower, groups.all) == (tuple(f"pi{number:02}" for number in range(slow)), count)
    assert groups.times_as_long == pytest.approx(1.3, rel=0.02)


def test_two_groups_are_one_sentence_with_names_that_fit() -> None:
    found = outliers.unlike(board(number, 1.3 if number < 15 else 1.0) for number in range(30))
    (sentence,) = outliers.group_sentences(found.groups * 2)
    assert sentence.startswith(
        "Two groups: 15 of 30 boards of one kind are slower than the others (pi00, pi01, pi02, pi03, pi04, pi05, pi06, "
        "pi07, pi08, pi09, ...; timings: 2), most in busy (workers: 1) under performance: 1.3"
    )


@pytest.mark.parametrize("count", [3, 5, 30])
def test_one_slow_board_stands_out_and_is_no_group(count: int) -> None:
    found = outliers.unlike(board(number, 1.3 if number == 1 else 1.0) for number in range(count))
    assert ([each.host for each in found.outliers], found.groups) == (["pi01"], [])


@pytest.mark.parametrize("count", [3, 4, 30])
def test_boards_that_are_all_alike_neither_stand_out_nor_part(count: int) -> None:
    found = outliers.unlike(board(number, 1.0) for number in range(count))
    assert (found.outliers, found.groups) == ([], [])


def test_noise_of_the_boards_own_times_is_no_oddness() -> None:
    logs = [0.0, 0.01, -0.01, 0.1]
    quiet, noisy = (robust.oddness(logs, noise)[3] for noise in (0.0, 0.05))
    assert quiet < 0.001 < noisy


def test_three_boards_cannot_be_two_groups() -> None:
    assert robust.split([0.0, 1.0, 1.0], 0.0) is None


def test_a_gap_as_wide_as_none_is_certain() -> None:
    split = robust.split([0.0] * 10, 0.0)
    assert split is not None
    assert split.probability == 1


@pytest.mark.parametrize("boards", [3, 6, 30])
def test_rooms_in_which_all_is_well_hardly_ever_name_a_board(boards: int) -> None:
    seen = simulated_runs.rooms(Room(boards, programs=6), draws=40)
    assert seen.any_odd + seen.groups <= 0.05


@pytest.mark.long
@pytest.mark.parametrize("boards", [3, 4, 5, 6, 8, 10, 15, 20, 30])
def test_rooms_keep_their_level_and_find_what_is_slow(boards: int) -> None:
    well = simulated_runs.rooms(Room(boards), draws=100)
    assert well.any_odd + well.groups <= 0.10  # 5 % of 100 draws lie below with a probability of 0.99
    assert simulated_runs.rooms(Room(boards, slow=1), draws=20).all_slow > 0.9
    if boards > 3:
        assert simulated_runs.rooms(Room(boards, slow=boards // 2), draws=20).groups > 0.9
