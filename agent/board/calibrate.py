"""Finding how much work fills the time that one run shall take on this board."""

from __future__ import annotations

from typing import Callable

from agent.errors import BenchError

MOST_SIZE = 10**13
MOST_GROWTH = 10


def fitting_size(loop_ns_of: Callable[[int], int], target_ns: int, first_size: int) -> int:
    """Grow the work until a run takes half of the target or more, then scale it to the target; BenchError if none does.

    A short run tells little about a long one, so the work grows at most tenfold at once. The last one is run twice and
    the shorter time counts: what disturbs a run only ever lengthens it.
    """
    size = first_size
    while size <= MOST_SIZE:
        loop_ns = max(1, loop_ns_of(size))
        if 2 * loop_ns >= target_ns:
            shorter_ns = max(1, min(loop_ns, loop_ns_of(size)))
            return max(1, size * target_ns // shorter_ns)
        size *= min(MOST_GROWTH, max(2, target_ns // loop_ns))
    raise BenchError(f"A size of {size} still takes less than {target_ns / 2e9:g} s: the loop does not do its work.")


def capped_bytes(wanted: int, available: int | None) -> int:
    """Take at most half of the memory that is free, so that the board does not begin to swap or to kill."""
    return wanted if available is None else min(wanted, available // 2)
