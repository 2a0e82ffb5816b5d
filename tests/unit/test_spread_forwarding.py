from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from agent.spread import forwarding as on_board
from fleet.spread import answer, forwarding, rate_limit
from fleet.spread.answer import Ack, Data, InvalidAnswerError, Open, Shut, StreamMessage
from fleet.spread.forwarding import ACKNOWLEDGED_BYTES, BOARD, LEAD, MOST_OPEN, WINDOW_BYTES, Pair
from tests.unit.fleet_sshd import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PORT, SCHEDULER = 20001, 20000
PEER = {LEAD: PORT, BOARD: SCHEDULER}
PIECE = bytes(16384)


class Both:
    """A pair, and what each side was sent."""

    def __init__(self) -> None:
        self.sent: tuple[list[Any], list[Any]] = ([], [])
        self._pair = Pair(PORT, SCHEDULER, (self._controller(LEAD), self._controller(BOARD)))

    def _controller(self, side: int) -> Any:  # noqa: ANN401 (a function)
        return lambda line: self.sent[side].append(answer.message(line))

    def cut(self) -> None:
        self._pair.cut()

    def hear(self, side: int, kind: type[StreamMessage], stream: int, *more: bytes) -> int:
        return self._pair.forward(side, kind(PEER[side], stream, *more))


@pytest.fixture
def both() -> Both:
    return Both()


def test_what_one_side_says_reaches_the_other_under_the_name_that_it_knows(both: Both) -> None:
    both.hear(BOARD, Open, 1)
    both.hear(LEAD, Data, 1, b"there")
    both.hear(BOARD, Shut, 1)
    assert both.sent[LEAD] == [Open(PORT, 1), Shut(PORT, 1)]
    assert both.sent[BOARD] == [Data(SCHEDULER, 1, b"there")]


def test_a_side_that_sends_more_than_the_other_has_taken_is_refused(both: Both) -> None:
    both.hear(LEAD, Open, 2)
    for _ in range(WINDOW_BYTES // len(PIECE)):
        both.hear(LEAD, Data, 2, PIECE)
    both.hear(BOARD, Ack, 2)
    for _ in range(ACKNOWLEDGED_BYTES // len(PIECE)):
        both.hear(LEAD, Data, 2, PIECE)
    with pytest.raises(InvalidAnswerError, match="more in a connection"):
        both.hear(LEAD, Data, 2, b"x")


def test_nobody_takes_what_was_not_sent(both: Both) -> None:
    both.hear(LEAD, Open, 2)
    both.hear(LEAD, Data, 2, PIECE)
    with pytest.raises(InvalidAnswerError, match="never sent"):
        both.hear(BOARD, Ack, 2)


@pytest.mark.parametrize(("side", "stream"), [(LEAD, 1), (BOARD, 2), (BOARD, 2**31 - 1 + 1)])
def test_a_connection_has_a_number_of_the_side_that_opens_it(both: Both, side: int, stream: int) -> None:
    with pytest.raises(InvalidAnswerError, match="not its next"):
        both.hear(side, Open, stream)


def test_a_number_is_never_used_again(both: Both) -> None:
    both.hear(BOARD, Open, 5)
    both.hear(BOARD, Shut, 5)
    for stream in (5, 3):
        with pytest.raises(InvalidAnswerError, match="not its next"):
            both.hear(BOARD, Open, stream)


def test_nobody_speaks_in_a_connection_that_was_never_opened(both: Both) -> None:
    with pytest.raises(InvalidAnswerError, match="nobody has opened"):
        both.hear(BOARD, Data, 7, b"x")


def test_what_was_on_its_way_when_a_connection_ended_is_swallowed_and_no_more_than_that(both: Both) -> None:
    both.hear(BOARD, Open, 1)
    both.hear(LEAD, Shut, 1)
    for _ in range(WINDOW_BYTES // len(PIECE)):
        assert both.hear(BOARD, Data, 1, PIECE) == 0
    assert both.hear(BOARD, Shut, 1) == 0
    assert both.sent[LEAD] == [Open(PORT, 1)]
    with pytest.raises(InvalidAnswerError, match="that have ended"):
        both.hear(BOARD, Ack, 1)


def test_a_board_opens_so_many_connections_at_once_and_no_more(both: Both) -> None:
    for number in range(MOST_OPEN):
        both.hear(BOARD, Open, 2 * number + 1)
    with pytest.raises(InvalidAnswerError, match="without end"):
        both.hear(BOARD, Open, 999)


def test_a_board_does_not_open_and_end_connections_for_ever(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarding, "OPENED_PER_S", 0)
    for number in range(forwarding.MOST_OPENED):
        both.hear(BOARD, Open, 2 * number + 1)
        both.hear(BOARD, Shut, 2 * number + 1)
    with pytest.raises(InvalidAnswerError, match="without end"):
        both.hear(BOARD, Open, 2 * forwarding.MOST_OPENED + 1)


def test_the_lead_hears_that_all_connections_of_a_lost_board_have_ended_and_none_begins_again(both: Both) -> None:
    both.hear(BOARD, Open, 1)
    both.hear(LEAD, Open, 2)
    both.hear(LEAD, Shut, 2)
    both.cut()
    both.hear(LEAD, Data, 1, PIECE)
    both.hear(LEAD, Open, 4)
    assert both.sent[LEAD] == [Open(PORT, 1), Shut(PORT, 1), Shut(PORT, 4)]
    assert both.sent[BOARD] == [Open(SCHEDULER, 2), Shut(SCHEDULER, 2)]


def test_no_board_reaches_another_one_than_the_lead() -> None:
    pair = Pair(PORT, SCHEDULER, (lambda _: None, lambda _: None))
    with pytest.raises(InvalidAnswerError, match="nothing to do with"):
        pair.forward(BOARD, Open(PORT + 1, 1))


def test_after_its_burst_a_board_is_read_no_faster_than_its_pace() -> None:
    now_s = 100.0
    one = rate_limit.RateLimit(now_s)
    assert one.pause_s(rate_limit.BURST_BYTES, now_s) == 0
    assert one.pause_s(rate_limit.BYTES_PER_S, now_s) == pytest.approx(1)
    assert one.pause_s(0, now_s + 2) == 0
    assert one.pause_s(1000 * rate_limit.BYTES_PER_S, now_s + 2) == rate_limit.LONGEST_PAUSE_S


class Sides:
    """Two boards' relays with the teacher's exchange between them, and a server on the lead that sends all back."""

    def __init__(self) -> None:
        self.lines = 0
        loop = asyncio.get_running_loop()
        self.served, self.scheduler = free_port(), free_port()
        self.relays = (
            on_board.Forwarding(lambda **facts: self._tell(LEAD, facts), self.served, leads=True),
            on_board.Forwarding(lambda **facts: self._tell(BOARD, facts), 1, leads=False),
        )
        self._pair = Pair(
            PORT, self.scheduler,
            (lambda line: loop.call_soon(self.relays[LEAD].receive, json.loads(line)),
             lambda line: loop.call_soon(self.relays[BOARD].receive, json.loads(line))),
        )  # fmt: skip

    def _tell(self, side: int, facts: dict[str, Any]) -> None:
        self.lines += 1
        frame = answer.message(msgspec.json.encode(facts))
        assert isinstance(frame, StreamMessage)
        self._pair.forward(side, frame)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(10_000):
        writer.write(data)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def _joined(serve: Any = None) -> AsyncIterator[tuple[Sides, asyncio.StreamReader, asyncio.StreamWriter]]:  # noqa: ANN401
    sides = Sides()
    servers = await sides.relays[BOARD].listen([sides.scheduler])
    if serve:
        servers.append(await asyncio.start_server(serve, "127.0.0.1", sides.served))
    reader, writer = await asyncio.open_connection("127.0.0.1", sides.scheduler)
    yield sides, reader, writer
    writer.transport.abort()
    for server in servers:
        server.close()
    # The other ends notice, and close theirs.
    await asyncio.sleep(0.2)


async def _through(size: int) -> bytes:
    async with _joined(_echo) as (_, reader, writer):
        writer.write(bytes(size))
        return await reader.readexactly(size)


def test_a_connection_carries_many_windows_both_ways_between_two_boards() -> None:
    size = 20 * WINDOW_BYTES + 1
    assert asyncio.run(asyncio.wait_for(_through(size), 30)) == bytes(size)


async def _refused() -> bytes:
    async with _joined() as (_, reader, _writer):
        return await reader.read()


def test_a_connection_to_where_nobody_listens_ends_at_once() -> None:
    assert asyncio.run(asyncio.wait_for(_refused(), 30)) == b""


async def _unread(size: int) -> int:
    """How many lines pass while a server takes nothing."""
    taken: list[asyncio.StreamWriter] = []

    async def take_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken.append(writer)

    async with _joined(take_nothing) as (sides, _, writer):
        writer.write(bytes(size))
        before = -1
        while before != sides.lines:
            before = sides.lines
            await asyncio.sleep(0.3)
        taken[0].transport.abort()
        return before


def test_who_does_not_read_is_not_sent_without_end() -> None:
    # The sockets of this computer hold some MB by themselves.
    assert asyncio.run(asyncio.wait_for(_unread(200 * 2**20), 60)) * len(PIECE) < 50 * 2**20
