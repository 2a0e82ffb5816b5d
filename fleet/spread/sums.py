"""What is to be added up and what has arrived of it; pure."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.spread.choose import Member

# So many chunks per processor of the room: unlike boards end within a quarter of a board's share of each other.
CHUNKS_PER_PROCESSOR = 4
# One board alone takes about so long: long beside the millisecond that a chunk takes through ssh.
TARGET_S = 5.0


def chunks(additions: int, count: int) -> list[tuple[int, int]]:
    """Cut a sum into numbered chunks of (almost) the same size, as the course's program does for its threads."""
    count = min(count, additions)
    return [(index, additions // count + (index < additions % count)) for index in range(count)]


def chunk_count(members: Sequence[Member]) -> int:
    """Return how many chunks a sum over these boards has."""
    return CHUNKS_PER_PROCESSOR * sum(each.processors for each in members)


def fitting(additions_per_s: int, processors: int) -> int:
    """Return how many additions keep one board busy for TARGET_S."""
    return max(1, round(additions_per_s * processors * TARGET_S))


def in_random_order(most_boards: int, rounds: int, seed: int) -> list[int]:
    """Return how many boards each sum is spread over: in every round all counts, each time in another order."""
    draws = random.Random(seed)  # noqa: S311 (an order of sums is no secret)
    return [count for _ in range(rounds) for count in draws.sample(range(1, most_boards + 1), most_boards)]


@dataclass
class Sum:
    """One sum over some boards: what is missing of it, and whether its time counts."""

    boards: tuple[str, ...]
    chunks: Sequence[tuple[int, int]]
    partial_sums: dict[int, int] = field(default_factory=dict)
    done_by: Counter[str] = field(default_factory=Counter)
    is_interrupted: bool = False
    wall_ns: int = 0
    doubts: list[str] = field(default_factory=list)

    def arrived(self, index: int, partial_sum: int, board: str) -> None:
        """Keep a chunk; one that comes twice counts once."""
        if index not in self.partial_sums:
            self.partial_sums[index] = partial_sum
            self.done_by[board] += 1

    def size_of(self, index: int) -> int | None:
        """Return how many ones a chunk that is missing has; nothing if it is not missing."""
        return dict(self.missing).get(index)

    @property
    def missing(self) -> list[tuple[int, int]]:
        """The chunks that have not arrived."""
        return [each for each in self.chunks if each[0] not in self.partial_sums]

    @property
    def additions(self) -> int:
        """What the sum must be."""
        return sum(additions for _, additions in self.chunks)

    @property
    def total(self) -> int:
        """What has been added up."""
        return sum(self.partial_sums.values())

    @property
    def is_right(self) -> bool:
        """Tell whether every chunk arrived, each is exactly what it must be, and nobody said what cannot be."""
        return not self.doubts and all(self.partial_sums.get(index) == additions for index, additions in self.chunks)
