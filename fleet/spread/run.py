"""One run of `invoke spread`: ask, add up, write down, and a row for every board."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.errors import FleetError
from fleet.outcome import Outcome, State
from fleet.spread import choose, sums
from fleet.spread.book import Book
from fleet.spread.room import Room, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fleet.inventory import Board
    from fleet.spread.ask import Chosen
    from fleet.spread.choose import Member
    from fleet.spread.sums import Sum

MOST_ADDITIONS = 10**15


@dataclass(frozen=True)
class Ran:
    """What a run gave."""

    path: Path
    done: list[Sum]
    members: list[Member]
    outcomes: list[Outcome]
    failure: str = ""


def spread(
    boards: Sequence[Board], chosen: Chosen, folder: Path, rounds: int, additions: int, say: Callable[[str], None]
) -> Ran:
    """Spread the sum over 1, 2, ... boards in every round; PlanError if there are not two that compute."""
    choose.enough(chosen.members)
    first, failure = chosen.members[0], ""
    additions = additions or sums.fitting(first.additions_per_s, first.processors)
    seed = random.randrange(2**32)  # noqa: S311 (an order of sums is no secret)
    with Book(folder) as book:
        wish = Wish(additions, sums.in_random_order(len(chosen.members), rounds, seed))
        book.write("run", additions=additions, rounds=rounds, seed=seed, boards=[each.name for each in boards])
        for name, facts in chosen.facts.items():
            book.write("board", board=name, computes=name not in chosen.left_out, **facts)
        say(f"One sum of {additions} ones, {len(wish.counts)} times; records: {book.path}")
        room = Room(chosen.members, wish, book, say)
        try:
            room.run()
        except FleetError as error:
            failure = str(error)
        outcomes = [_row(each, room, chosen) for each in boards]
        for row in outcomes:
            book.write("end", board=row.board, state=row.state, sentence=row.sentence)
    return Ran(book.path, room.done, chosen.members, outcomes, failure or wrong(room.done))


def _row(board: Board, room: Room, chosen: Chosen) -> Outcome:
    bad = {**chosen.left_out, **room.lost}.get(board.name)
    if bad:
        return Outcome(board.name, bad.state, bad.sentence)
    count = sum(one.done_by[board.name] for one in room.done)
    return Outcome(board.name, State.OK, said=f"ok: {count} chunks")


def wrong(done: Sequence[Sum]) -> str:
    """Name the first sum that is not what it must be; nothing if all are right."""
    for number, one in enumerate(done, 1):
        if not one.is_right:
            return f"Sum {number} is {one.total} and must be {one.additions}: do not trust these boards, compare them."
    return ""
