from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

import pytest

from fleet.boards import awake
from fleet.boards.inventory import Board
from fleet.boards.outcome import Outcome, State
from fleet.errors import FleetError, PlanError
from fleet.spread import run, session, sums
from fleet.spread.answer import Chunk, Message, Overdue, RoundDone, WrongResult
from fleet.spread.choose import Member
from fleet.spread.cluster import LeadLostError
from fleet.spread.process import ProcessEvent
from fleet.spread.record_file import SpreadRecords
from fleet.spread.session import SpreadSession, SumOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = ("pi01", "pi02", "pi03")
MEMBERS = [Member(Board(name, "192.0.2.1"), 1, 10**9, is_simulated=False, agent_runs=False) for name in NAMES]
PendingOrder = dict[str, Any]


class Clock:
    """Stands in for the clock of a computer that is awake, except when a play says otherwise."""

    asleep_s = 0.0

    def now_s(self) -> float:
        return Stage.now_s - self.asleep_s

    def stalled_s(self) -> float:
        return self.asleep_s

    def sleep(self, for_s: float) -> None:
        Stage.now_s += for_s
        self.asleep_s += for_s


class Stage:
    """Stands in for the cluster: a play says what the lead answers to each order, in order."""

    plays: list[Callable[[Stage, PendingOrder], Iterator[Message]]]
    orders: list[PendingOrder]
    now_s: float
    clock: Clock

    def __init__(self, members: list[Member], _sudo_password: str = "") -> None:
        self.lead = members[0].board.name
        self.ports = {each.board.name: 20001 + NAMES.index(each.board.name) for each in members}
        self.lost: dict[str, Outcome] = {}
        self._coming: Iterator[Message] = iter(())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def order(self, **words: Any) -> None:  # noqa: ANN401 (whatever an order has)
        self.orders.append(words)
        self._coming = Stage.plays.pop(0)(self, words) if Stage.plays else honest(self, words)

    def next_event(self, limit_s: float) -> ProcessEvent | None:
        Stage.now_s += 0.1
        word = next(self._coming, None)
        if word is None:
            Stage.now_s += limit_s
            return None
        return ProcessEvent(self.lead, word)

    def drop(self, row: Outcome) -> None:
        self.lost.setdefault(row.board, row)
        if row.board == self.lead:
            raise LeadLostError


def honest(_: Stage, order: PendingOrder) -> Iterator[Message]:
    for place, (number, size) in enumerate(order["chunks"]):
        yield Chunk(order["order"], number, order["ports"][place % len(order["ports"])], size, 1000)
    yield RoundDone(order["order"], 2000)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> type[Stage]:
    Stage.plays, Stage.orders, Stage.now_s = [], [], 100.0
    Stage.clock = Clock()
    monkeypatch.setattr(awake, "CLOCK", Stage.clock)
    monkeypatch.setattr(session, "CLOCK", Stage.clock)
    monkeypatch.setattr(session, "Cluster", Stage)
    monkeypatch.setattr("fleet.spread.session.time.monotonic", lambda: Stage.now_s)
    return Stage


@pytest.fixture
def ran(tmp_path: Path) -> Iterator[Callable[..., SpreadSession]]:
    with SpreadRecords(tmp_path) as records:

        def run_it(*counts: int) -> SpreadSession:
            one = SpreadSession(MEMBERS, SumOptions(1200, counts), records, lambda _: None)
            one.run()
            return one

        yield run_it


def test_an_honest_room_adds_up(stage: type[Stage], ran: Callable[..., SpreadSession]) -> None:
    done = ran(3, 1).done
    assert [(one.total, one.is_right) for one in done] == [(1200, True)] * 2
    assert stage.orders[0]["ports"] == [20001, 20002, 20003]
    assert stage.orders[1]["ports"] == [20001]


def test_a_board_whose_chunk_is_wrong_is_dropped_named_and_the_sum_is_not_called_right(
    stage: type[Stage], ran: Callable[..., SpreadSession]
) -> None:
    def wrong(_: Stage, order: PendingOrder) -> Iterator[Message]:
        yield Chunk(order["order"], 0, 20002, 100, 1000)
        yield Chunk(order["order"], 1, 20003, 101, 1000)

    stage.plays = [wrong]
    found = ran(3, 2)
    first, second = found.done
    assert not first.is_right
    assert second.is_right
    assert "pi03 is left out from here on: its chunk 1 is 101 and must be 100" in run.wrong(found.done)
    assert found.lost["pi03"].state is State.FAILED
    # What had arrived is not asked for again.
    assert [number for number, _ in stage.orders[1]["chunks"]] == list(range(1, 12))
    assert stage.orders[1]["ports"] == [20001, 20002]


def test_a_lead_that_says_what_cannot_be_no_longer_leads(stage: type[Stage], ran: Callable[..., SpreadSession]) -> None:
    def twice(_: Stage, order: PendingOrder) -> Iterator[Message]:
        yield from [Chunk(order["order"], 0, 20002, 100, 1000)] * 2

    stage.plays = [twice]
    found = ran(3)
    assert "pi01" in found.lost
    assert found.done[0].total == 1200
    assert not found.done[0].is_right
    assert stage.orders[1]["ports"] == [20002, 20003]


def test_a_board_that_answers_something_else_is_dropped(stage: type[Stage], ran: Callable[..., SpreadSession]) -> None:
    def odd(_: Stage, order: PendingOrder) -> Iterator[Message]:
        yield WrongResult(order["order"], 3, 20002, "\x1b[2J")

    stage.plays = [odd]
    assert "instead of chunk 3" in ran(3).lost["pi02"].sentence


def test_a_board_that_never_does_its_chunks_is_dropped_and_others_do_them(
    stage: type[Stage], ran: Callable[..., SpreadSession]
) -> None:
    def late(_: Stage, order: PendingOrder) -> Iterator[Message]:
        Stage.now_s += order["patience_s"] + 1
        yield Overdue(order["order"], (20003,))

    stage.plays = [late]
    found = ran(3)
    assert found.lost["pi03"].state is State.TIMED_OUT
    assert found.done[0].is_right
    assert found.done[0].is_interrupted


def test_a_lead_that_says_nothing_is_dropped_within_a_minute_of_its_limit(
    stage: type[Stage], ran: Callable[..., SpreadSession]
) -> None:
    stage.plays = [lambda *_: iter(())]
    found = ran(3)
    assert "said nothing" in found.lost["pi01"].sentence
    assert Stage.now_s - 100 < session.PATIENCE_S + 60


def test_a_computer_that_stood_still_drops_no_board_and_only_the_time_of_the_sum_does_not_count(
    stage: type[Stage], ran: Callable[..., SpreadSession]
) -> None:
    def asleep(on: Stage, order: PendingOrder) -> Iterator[Message]:
        on.clock.sleep(3600)
        yield from honest(on, order)

    stage.plays = [asleep]
    found = ran(3, 3)
    assert not found.lost
    assert [(one.is_right, one.is_interrupted) for one in found.done] == [(True, True), (True, False)]


def test_what_a_lead_says_of_an_earlier_order_is_not_taken(
    stage: type[Stage], ran: Callable[..., SpreadSession]
) -> None:
    def old(on: Stage, order: PendingOrder) -> Iterator[Message]:
        yield Chunk(order["order"] - 1, 0, 20001, 7, 7)
        yield from honest(on, order)

    stage.plays = [old]
    assert ran(3).done[0].is_right


def test_without_any_board_the_run_ends_in_a_sentence(stage: type[Stage], ran: Callable[..., SpreadSession]) -> None:
    stage.plays = [lambda *_: iter(())] * 3
    with pytest.raises(FleetError, match="No board is left"):
        ran(3)


def test_the_book_stays_json_whatever_a_board_says(stage: type[Stage], tmp_path: Path) -> None:
    def odd(_: Stage, order: PendingOrder) -> Iterator[Message]:
        yield WrongResult(order["order"], 3, 20002, "\x1b[2J\n{\u202e")

    stage.plays = [odd]
    with SpreadRecords(tmp_path) as records:
        SpreadSession(MEMBERS, SumOptions(1200, [3]), records, lambda _: None).run()
        lines = records.path.read_text().splitlines()
    assert "\x1b[2J\n{\u202e" in next(json.loads(line) for line in lines if '"doubt"' in line)["why"]


@pytest.mark.parametrize("text", ["1000000000000001", "9" * 5000])
def test_too_large_a_number_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(PlanError, match="give at most") as refused:
        run.bounded("--additions", text, run.MOST_ADDITIONS)
    assert len(str(refused.value)) < 120
    assert run.bounded("--additions", "many", run.MOST_ADDITIONS) == "many"
    assert run.bounded("--additions", "1000000000000000", run.MOST_ADDITIONS) == "1000000000000000"


def test_a_sum_whose_chunks_would_take_minutes_is_refused() -> None:
    most = 10**9 * 12 * run.MOST_CHUNK_S
    assert run.size(MEMBERS, most) == most
    with pytest.raises(PlanError, match=f"give at most {most}"):
        run.size(MEMBERS, most + 1)


def test_one_board_that_says_it_is_slow_or_fast_beyond_measure_does_not_size_the_sum() -> None:
    strange = [
        Member(Board("pi01", "192.0.2.1"), 1, rate, is_simulated=False, agent_runs=False) for rate in (1, 10**12)
    ]
    assert run.size([strange[1], *MEMBERS], 0) <= 10**9 * sums.chunk_count(MEMBERS) * 2 * run.MOST_CHUNK_S
    assert run.size([*MEMBERS, strange[0]], 9 * 10**11) == 9 * 10**11
