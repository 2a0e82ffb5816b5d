from __future__ import annotations

import pytest

from fleet.boards.outcome import State
from fleet.spread.answer import Chunk, LeadFault, Message, Overdue, Ready, RoundDone, WrongResult
from fleet.spread.plausibility import PendingOrder
from fleet.spread.sums import Sum

NAMES = {20001: "pi01", 20002: "pi02"}
LEAD, OTHER = "pi01", "pi02"
NS = 10**9
# Ten seconds after it was asked.
NOW_S = 110.0


@pytest.fixture
def order() -> PendingOrder:
    return PendingOrder(3, LEAD, NAMES, patience_s=60, began_s=100)


@pytest.fixture
def one() -> Sum:
    found = Sum(("pi01", "pi02"), [(0, 5), (1, 4)])
    found.arrived(0, 5, LEAD)
    return found


def chunk(number: int = 1, port: int = 20002, total: int = 4, loop_ns: int = NS, order: int = 3) -> Chunk:
    return Chunk(order, number, port, total, loop_ns)


def test_what_can_be_makes_nobody_doubtful(order: PendingOrder, one: Sum) -> None:
    assert not order.suspects(chunk(), one, NOW_S)
    one.arrived(1, 4, OTHER)
    assert not order.suspects(RoundDone(3, 2 * NS), one, NOW_S)


@pytest.mark.parametrize(
    ("word", "culprit", "why"),
    [
        (chunk(number=0), LEAD, "not missing"),
        (chunk(number=2), LEAD, "not missing"),
        (chunk(number=2**31), LEAD, "not missing"),
        (chunk(port=20003), LEAD, "no board has that"),
        (chunk(order=4), LEAD, "not asked for"),
        (chunk(total=5), OTHER, "is 5 and must be 4"),
        (chunk(total=-4), OTHER, "is -4 and must be 4"),
        (chunk(total=2**63 - 1), OTHER, "must be 4"),
        (chunk(loop_ns=0), OTHER, "took 0 ns, which cannot be"),
        (chunk(loop_ns=-1), OTHER, "took -1 ns, which cannot be"),
        (chunk(loop_ns=11 * NS), OTHER, "which cannot be"),
        (WrongResult(3, 1, 20002, "no space"), OTHER, "instead of chunk 1 came: no space"),
        (WrongResult(3, 1, 0, "lost"), LEAD, "came: lost"),
        (WrongResult(3, 0, 20002, "x"), LEAD, "not missing"),
        (RoundDone(3, 2 * NS), LEAD, "1 chunks have not arrived"),
        (LeadFault(3, "no space"), LEAD, "could not go on: no space"),
        (Ready(), LEAD, "begins again"),
        (Overdue(3, (20002,)), LEAD, "without a reason"),
    ],
)
def test_what_cannot_be_has_a_culprit_and_a_reason(
    order: PendingOrder, one: Sum, word: Message, culprit: str, why: str
) -> None:
    (doubt,) = order.suspects(word, one, NOW_S)
    assert doubt.board == culprit
    assert doubt.state is State.FAILED
    assert why in doubt.why


@pytest.mark.parametrize("wall_ns", [0, -1, NS // 2, 11 * NS])
def test_all_takes_no_less_than_one_chunk_and_no_more_than_there_was_time(
    order: PendingOrder, one: Sum, wall_ns: int
) -> None:
    assert not order.suspects(chunk(), one, NOW_S)
    one.arrived(1, 4, OTHER)
    (doubt,) = order.suspects(RoundDone(3, wall_ns), one, NOW_S)
    assert doubt.board == LEAD
    assert "which cannot be" in doubt.why


def test_after_the_patience_who_has_chunks_is_late_and_the_lead_the_last_of_them(order: PendingOrder, one: Sum) -> None:
    found = order.suspects(Overdue(3, (20001, 20002)), one, 100 + 61)
    assert [(each.board, each.state) for each in found] == [(OTHER, State.TIMED_OUT), (LEAD, State.TIMED_OUT)]


def test_a_lead_is_not_to_blame_for_what_this_computer_heard_late(order: PendingOrder, one: Sum) -> None:
    """A chunk that came soon was heard 20 s later, and from then on it seems to be 42 s only."""
    order.suspects(chunk(), one, 100 + 20)
    order.stalled_s = 19
    (doubt,) = order.suspects(Overdue(3, (20002,)), one, 100 + 62)
    assert (doubt.board, doubt.state) == (OTHER, State.TIMED_OUT)


def test_somebody_else_is_never_late(order: PendingOrder, one: Sum) -> None:
    (doubt,) = order.suspects(Overdue(3, (20009,)), one, 100 + 61)
    assert (doubt.board, doubt.state) == (LEAD, State.FAILED)


def test_a_lead_from_which_no_board_takes_a_chunk_is_late_itself(order: PendingOrder, one: Sum) -> None:
    (doubt,) = order.suspects(Overdue(3, ()), one, 100 + 61)
    assert (doubt.board, doubt.state) == (LEAD, State.TIMED_OUT)
