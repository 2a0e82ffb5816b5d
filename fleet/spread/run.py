"""One run of `invoke spread`: ask, add up, write down, and a row for every board."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from fleet.boards.outcome import Outcome, State
from fleet.errors import FleetError, PlanError
from fleet.i18n import lazy
from fleet.spread import choose, sums
from fleet.spread.record_file import SpreadRecords
from fleet.spread.session import SpreadSession, SumOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fleet.boards.inventory import Board
    from fleet.spread.ask import Chosen
    from fleet.spread.choose import Member
    from fleet.spread.sums import Sum

MOST_ADDITIONS = 10**15
MOST_ROUNDS = 100
# A chunk that takes longer is not told from one that a board never does.
MOST_CHUNK_S = 60


@dataclass(frozen=True)
class SpreadResult:
    """What a run gave."""

    path: Path
    done: list[Sum]
    members: list[Member]
    outcomes: list[Outcome]
    failure: str = ""


@dataclass(frozen=True)
class SpreadRequest:
    """What the teacher asked for."""

    rounds: int
    additions: int
    sudo_password: str = ""


def bounded(option: str, text: str, most: int) -> str:
    """Return what was typed for a number if it is not larger than this; PlanError."""
    if text.isdecimal() and (len(text) > len(str(most)) or int(text) > most):
        raise PlanError(lazy("{option} is '{text}'; give at most {most}.", option=option, text=text[:40], most=most))
    return text


def spread(
    boards: Sequence[Board], chosen: Chosen, folder: Path, asked: SpreadRequest, say: Callable[[str], None]
) -> SpreadResult:
    """Spread the sum over 1, 2, ... boards in every round; PlanError if there are not two that compute."""
    choose.enough(chosen.members)
    failure, additions = "", size(chosen.members, asked.additions)
    seed = random.randrange(2**32)  # noqa: S311 (an order of sums is no secret)
    with SpreadRecords(folder) as records:
        counts = sums.in_random_order(len(chosen.members), asked.rounds, seed)
        options = SumOptions(additions, counts, asked.sudo_password)
        records.write("run", additions=additions, rounds=asked.rounds, seed=seed, boards=[each.name for each in boards])
        for name, facts in chosen.facts.items():
            records.write("board", board=name, computes=name not in chosen.left_out, **msgspec.to_builtins(facts))
        say(
            lazy(
                "One sum of {additions} ones, {times} times; records: {path}",
                additions=additions,
                times=len(options.counts),
                path=records.path,
            )
        )
        session = SpreadSession(chosen.members, options, records, say)
        try:
            session.run()
        except FleetError as error:
            failure = str(error)
        outcomes = [_row(each, session, chosen) for each in boards]
        for row in outcomes:
            records.write("end", board=row.board, state=row.state, sentence=row.sentence)
    return SpreadResult(records.path, session.done, chosen.members, outcomes, failure or wrong(session.done))


def size(members: Sequence[Member], asked: int) -> int:
    """Return how large the sum is; PlanError if its chunks would take too long."""
    # Half of the boards are at least so fast, whatever single ones say of themselves.
    rate = int(statistics.median(each.additions_per_s for each in members))
    most = min(MOST_ADDITIONS, rate * sums.chunk_count(members) * MOST_CHUNK_S)
    if asked > most:
        raise PlanError(
            lazy(
                "--additions is {asked}; give at most {most}, with which these boards have a minute per chunk.",
                asked=asked,
                most=most,
            )
        )
    first = members[0]
    return asked or min(most, sums.fitting(first.additions_per_s, first.processors))


def _row(board: Board, session: SpreadSession, chosen: Chosen) -> Outcome:
    bad = {**chosen.left_out, **session.lost}.get(board.name)
    if bad:
        return Outcome(board.name, bad.state, bad.sentence)
    count = sum(one.done_by[board.name] for one in session.done)
    return Outcome(board.name, State.OK, detail=lazy("ok: {count} chunks", count=count))


def wrong(done: Sequence[Sum]) -> str:
    """Name the first sum that is not what it must be; nothing if all are right."""
    for number, one in enumerate(done, 1):
        if not one.is_right:
            other = lazy("it is {total} and must be {right}", total=one.total, right=one.additions)
            return lazy("Do not trust sum {number}: {why}", number=number, why=one.doubts[0] if one.doubts else other)
    return ""
