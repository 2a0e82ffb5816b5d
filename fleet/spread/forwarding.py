"""Dask's connections between the lead and the other boards, passed on here: what waits, and how much of it, is bounded.

A side may send a window and then only as much as the other has taken, so nothing piles up here, whoever does not read.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING

import msgspec

from fleet.i18n import lazy
from fleet.spread.answer import Ack, Data, InvalidAnswerError, Open, Shut, StreamMessage

if TYPE_CHECKING:
    from collections.abc import Callable

# As agent/spread/forwarding.py has them.
WINDOW_BYTES = 65536
ACKNOWLEDGED_BYTES = WINDOW_BYTES // 2
# Honest boards of three releases have four or five at once, and hardly open another one in a sum.
MOST_OPEN = 16
MOST_OPENED = 200
OPENED_PER_S = 2
# What it costs to pass a line on that carries nothing.
LINE_BYTES = 256

LEAD, BOARD = 0, 1


class Pair:
    """The connections between the lead and one board; each side calls from a thread of its own."""

    def __init__(self, port: int, scheduler: int, send: tuple[Callable[[bytes], object], ...]) -> None:
        # What each side calls the other.
        self._peer = (port, scheduler)
        self._send = send
        self._on_the_way: dict[int, list[int]] = {}
        self._newest = [0, 0]
        self._opened = 0
        self._unheard_bytes = [0, 0]
        self._began_s = time.monotonic()
        self._lock = Lock()
        self._is_cut = False

    def cut(self) -> None:
        """End all connections for the lead: the board is gone, and Dask would wait for it."""
        with self._lock:
            self._is_cut = True
            for stream in self._on_the_way:
                self._send_shut(LEAD, stream)
            self._on_the_way.clear()

    def _send_shut(self, side: int, stream: int) -> None:
        self._send[side](msgspec.json.encode(Shut(self._peer[side], stream)))

    def forward(self, side: int, frame: StreamMessage) -> int:
        """Pass a line of one side on; return what it moves in bytes; InvalidAnswerError if nobody honest says it."""
        if frame.peer != self._peer[side]:
            raise InvalidAnswerError(
                lazy("a connection with port {port}, which it has nothing to do with", port=frame.peer)
            )
        with self._lock:
            moved = self._check(side, frame)
            if moved and self._is_cut:
                del self._on_the_way[frame.stream]
                self._send_shut(side, frame.stream)
            elif moved:
                other = 1 - side
                self._send[other](msgspec.json.encode(msgspec.structs.replace(frame, peer=self._peer[other])))
        return moved

    def _check(self, side: int, frame: StreamMessage) -> int:
        if isinstance(frame, Open):
            return self._open(side, frame.stream)
        unacknowledged_bytes = self._on_the_way.get(frame.stream)
        if unacknowledged_bytes is None:
            return self._of_one_that_ended(side, frame)
        if isinstance(frame, Data):
            unacknowledged_bytes[side] += len(frame.bytes)
            if unacknowledged_bytes[side] > WINDOW_BYTES:
                raise InvalidAnswerError(lazy("more in a connection than the other side has taken"))
            return len(frame.bytes) + LINE_BYTES
        if isinstance(frame, Ack):
            unacknowledged_bytes[1 - side] -= ACKNOWLEDGED_BYTES
            if unacknowledged_bytes[1 - side] < 0:
                raise InvalidAnswerError(lazy("that it has taken what was never sent to it"))
            return ACKNOWLEDGED_BYTES
        del self._on_the_way[frame.stream]
        return LINE_BYTES

    def _open(self, side: int, stream: int) -> int:
        """Begin a connection: the lead numbers its own evenly, the others oddly, and none twice."""
        if stream % 2 != side or stream <= self._newest[side]:
            raise InvalidAnswerError(
                lazy("a connection with the number {number}, which is not its next", number=stream)
            )
        self._opened += 1
        if len(self._on_the_way) >= MOST_OPEN or self._opened > MOST_OPENED + self._age_s * OPENED_PER_S:
            raise InvalidAnswerError(lazy("connections without end"))
        self._newest[side] = stream
        self._on_the_way[stream] = [0, 0]
        return ACKNOWLEDGED_BYTES

    def _of_one_that_ended(self, side: int, frame: StreamMessage) -> int:
        """Swallow what was on its way when the other side ended the connection, and no more than that."""
        if frame.stream > self._newest[frame.stream % 2]:
            raise InvalidAnswerError(
                lazy("something in the connection {number}, which nobody has opened", number=frame.stream)
            )
        if not isinstance(frame, Shut):
            self._unheard_bytes[side] += len(frame.bytes) if isinstance(frame, Data) else ACKNOWLEDGED_BYTES
        if self._unheard_bytes[side] > self._opened * WINDOW_BYTES:
            raise InvalidAnswerError(lazy("more in connections that have ended than can have been on its way"))
        return 0

    @property
    def _age_s(self) -> float:
        return time.monotonic() - self._began_s
