from __future__ import annotations

import pytest

from fleet.spread import sums
from fleet.spread.sums import Sum


@pytest.mark.parametrize(("additions", "count"), [(10, 3), (3, 10), (1_000_003, 64)])
def test_chunks_are_the_whole_sum_in_shares_that_differ_by_one_at_most(additions: int, count: int) -> None:
    found = [size for _, size in sums.chunks(additions, count)]
    assert sum(found) == additions
    assert max(found) - min(found) <= 1
    assert min(found) >= 1


def test_every_round_has_every_number_of_boards_once_in_an_order_that_the_seed_gives() -> None:
    found = sums.in_random_order(4, 3, seed=7)
    assert [sorted(found[first : first + 4]) for first in (0, 4, 8)] == [[1, 2, 3, 4]] * 3
    assert found == sums.in_random_order(4, 3, seed=7)
    assert any(found != sums.in_random_order(4, 3, seed=seed) for seed in range(8, 12))


def test_a_sum_is_right_only_when_every_chunk_is_there_and_exact() -> None:
    one = Sum(("pi01",), sums.chunks(10, 3))
    one.arrived(0, 4, "pi01")
    one.arrived(1, 3, "pi01")
    assert one.missing == [(2, 3)]
    assert not one.is_right
    one.arrived(2, 3, "pi02")
    assert one.is_right
    assert one.total == one.additions == 10


def test_a_sum_about_which_a_board_said_what_cannot_be_is_not_called_right() -> None:
    one = Sum(("pi01",), [(0, 5)], {0: 5})
    assert one.is_right
    one.doubts.append("pi01 said so")
    assert not one.is_right


def test_only_a_chunk_that_is_missing_has_a_size_to_be_held_against() -> None:
    one = Sum(("pi01",), [(0, 5), (1, 4)])
    one.arrived(0, 5, "pi01")
    assert [one.size_of(index) for index in (0, 1, 2)] == [None, 4, None]


def test_two_wrong_chunks_that_make_up_for_each_other_are_still_wrong() -> None:
    one = Sum(("pi01",), [(0, 5), (1, 5)])
    one.arrived(0, 6, "pi01")
    one.arrived(1, 4, "pi01")
    assert one.total == 10
    assert not one.is_right


def test_a_chunk_that_was_done_again_counts_once() -> None:
    one = Sum(("pi01", "pi02"), [(0, 5)])
    one.arrived(0, 5, "pi01")
    one.arrived(0, 5, "pi02")
    assert one.total == 5
    assert one.done_by == {"pi01": 1}
