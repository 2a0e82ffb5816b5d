from __future__ import annotations

from itertools import pairwise

import pytest

from agent.board.calibrate import MOST_GROWTH, capped_bytes, fitting_size
from agent.errors import BenchError

FIRST_SIZE = 100_000


class Computer:
    """Takes so many nanoseconds for an addition, plus a start; remembers what it was asked."""

    def __init__(self, ns_each: float, start_ns: int = 0) -> None:
        self._ns_each = ns_each
        self._start_ns = start_ns
        self.sizes: list[int] = []

    def loop_ns(self, size: int) -> int:
        self.sizes.append(size)
        return round(self._start_ns + size * self._ns_each)


@pytest.mark.parametrize("ns_each", [0.1, 1, 30, 2000])
def test_a_run_of_the_size_found_takes_the_target(ns_each: float) -> None:
    size = fitting_size(Computer(ns_each).loop_ns, 250_000_000, FIRST_SIZE)
    assert size * ns_each == pytest.approx(250_000_000, rel=0.01)


def test_the_work_grows_at_most_tenfold_at_once() -> None:
    computer = Computer(0.1, start_ns=50_000)
    fitting_size(computer.loop_ns, 250_000_000, FIRST_SIZE)
    sizes = computer.sizes
    assert sizes[0] == FIRST_SIZE
    assert all(2 <= later / size <= MOST_GROWTH for size, later in pairwise(sizes[:-1]))


def test_a_board_that_is_too_slow_for_the_first_size_gets_less() -> None:
    assert fitting_size(Computer(100_000).loop_ns, 250_000_000, FIRST_SIZE) == 2500


def test_a_disturbance_of_the_last_run_does_not_count() -> None:
    times = iter([200_000_000, 150_000_000])
    assert fitting_size(lambda _size: next(times), 300_000_000, FIRST_SIZE) == 2 * FIRST_SIZE


def test_a_loop_that_takes_no_time_is_an_error() -> None:
    with pytest.raises(BenchError, match="does not do its work"):
        fitting_size(lambda _size: 1, 250_000_000, FIRST_SIZE)


def test_memory_is_touched_up_to_half_of_what_is_free() -> None:
    assert capped_bytes(1000, 4000) == 1000
    assert capped_bytes(1000, 600) == 300
    assert capped_bytes(1000, None) == 1000
