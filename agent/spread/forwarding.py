"""Dask's connections through the line to the teacher's computer: the sandbox has no network but its own.

A side that reads slowly is not sent more than a window; docs/decisions/0012 describes the lines.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, Callable

from agent.spread.settings import LOCALHOST

if TYPE_CHECKING:
    from collections.abc import Sequence

# What may be on its way in one direction of one connection; half of it is acknowledged at a time.
WINDOW_BYTES = 65536
ACKNOWLEDGED_BYTES = WINDOW_BYTES // 2
PIECE_BYTES = 16384
KINDS = frozenset({"open", "data", "ack", "shut"})

Send = Callable[..., None]


class Forwarding:
    """Both ends of every connection: ports of other boards are listened to, what they open is dialled here."""

    def __init__(self, send: Send, port: int, *, leads: bool) -> None:
        self._send = send
        self._port = port
        # Each side numbers the connections that it opens: the lead evenly, the others oddly.
        self._next = 2 if leads else 1
        self._streams: dict[tuple[int, int], _Stream] = {}
        self._tasks: set[asyncio.Future[None]] = set()

    async def listen(self, peers: Sequence[int]) -> list[asyncio.AbstractServer]:
        """Stand in for these ports of other boards, until the servers are closed."""
        return [await asyncio.start_server(self._opener(peer), LOCALHOST, peer) for peer in peers]

    def _opener(self, peer: int) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            number, self._next = self._next, self._next + 2
            self._streams[peer, number] = stream = _Stream(self._send, peer, number)
            self._send(kind="open", peer=peer, stream=number)
            self._start(self._carry(stream, reader, writer))

        return opened

    def receive(self, facts: dict[str, Any]) -> None:
        """Take a line of the teacher's computer in, in the thread of the event loop."""
        key = (facts["peer"], facts["stream"])
        if facts["kind"] == "open":
            self._streams[key] = _Stream(self._send, *key)
            self._start(self._dial(self._streams[key]))
        elif key in self._streams:
            self._streams[key].receive(facts)

    async def _dial(self, stream: _Stream) -> None:
        try:
            reader, writer = await asyncio.open_connection(LOCALHOST, self._port)
        except OSError:
            self._end(stream)
            return
        await self._carry(stream, reader, writer)

    async def _carry(self, stream: _Stream, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass everything on both ways; the end of one side is the end of both."""
        ways = {asyncio.ensure_future(stream.send(reader)), asyncio.ensure_future(stream.take(writer))}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in ways:
                each.cancel()
            writer.close()
        await asyncio.gather(*ways, return_exceptions=True)
        self._end(stream)

    def _end(self, stream: _Stream) -> None:
        del self._streams[stream.peer, stream.number]
        self._send(kind="shut", peer=stream.peer, stream=stream.number)

    def _start(self, work: Any) -> None:  # noqa: ANN401 -- a coroutine, of which the loop itself keeps no reference
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Stream:
    """One connection, with what is still to be given to this side of it."""

    def __init__(self, send: Send, peer: int, number: int) -> None:
        self.peer = peer
        self.number = number
        self._send = send
        self._credit = WINDOW_BYTES
        self._may_send = asyncio.Event()
        self._may_send.set()
        self._come: asyncio.Queue[bytes] = asyncio.Queue()

    def receive(self, facts: dict[str, Any]) -> None:
        if facts["kind"] == "data":
            self._come.put_nowait(b64decode(facts["bytes"]))
        elif facts["kind"] == "shut":
            self._come.put_nowait(b"")
        else:
            self._credit += ACKNOWLEDGED_BYTES
            self._may_send.set()

    async def send(self, reader: asyncio.StreamReader) -> None:
        """Send what this side says until it ends, never more than the other side has taken."""
        while data := await reader.read(min(PIECE_BYTES, self._credit)):
            self._credit -= len(data)
            self._send(kind="data", peer=self.peer, stream=self.number, bytes=b64encode(data).decode())
            if not self._credit:
                self._may_send.clear()
                await self._may_send.wait()

    async def take(self, writer: asyncio.StreamWriter) -> None:
        """Give this side what comes until the other ends."""
        taken = 0
        while data := await self._come.get():
            writer.write(data)
            await writer.drain()
            taken += len(data)
            if taken >= ACKNOWLEDGED_BYTES:
                taken -= ACKNOWLEDGED_BYTES
                self._send(kind="ack", peer=self.peer, stream=self.number)
