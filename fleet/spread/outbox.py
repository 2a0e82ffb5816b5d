"""What waits to be sent to a board, and the thread that sends it: nobody else waits for a board that does not read."""

from __future__ import annotations

from threading import Condition, Thread
from typing import TYPE_CHECKING, Protocol

from fleet.boards.awake import Countdown

if TYPE_CHECKING:
    from collections.abc import Callable

# Ten beats: a board that computes on all processors may be late, one that was pulled takes and says nothing at all.
SILENT_LIMIT_S = 10.0
# All windows of all connections with one board, as text.
MOST_WAITING_BYTES = 2 * 2**20


class SendChannel(Protocol):
    """What it needs of an ssh channel."""

    def send(self, data: bytes, /) -> int:
        """Send some of it and return how much; TimeoutError if the other side takes nothing for a moment."""


class Outbox:
    """Lines for one board, that so many others are joined to; it is given up if it does not take them."""

    def __init__(self, channel: SendChannel, joined: int, give_up: Callable[[], None]) -> None:
        self._channel = channel
        self._most_bytes = MOST_WAITING_BYTES * joined
        self._give_up = give_up
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._more = Condition()
        self._is_over = False
        Thread(target=self._write, daemon=True).start()

    def send(self, line: bytes) -> None:
        """Send a line as soon as all before it is sent."""
        with self._more:
            if self._is_over:
                return
            self._waiting.append(line + b"\n")
            self._waiting_bytes += len(line) + 1
            is_full = self._waiting_bytes > self._most_bytes
            self._more.notify()
        if is_full:
            # In a thread of its own: who sends has locks that the end of the board needs.
            Thread(target=self._give_up, daemon=True).start()

    def close(self) -> None:
        """Send nothing more, and drop what waits."""
        with self._more:
            self._is_over = True
            self._waiting.clear()
            self._more.notify()

    def _write(self) -> None:
        while data := self._next():
            if not self._sent(data):
                return

    def _next(self) -> bytes:
        """Return what waits as soon as something does; nothing at the end."""
        with self._more:
            self._more.wait_for(lambda: self._waiting or self._is_over)
            data = b"".join(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
            return data

    def _sent(self, data: bytes) -> bool:
        deafness = Countdown(SILENT_LIMIT_S)
        while data and not self._is_over:
            try:
                data = data[self._channel.send(data) :]
                deafness.restart()
            except TimeoutError:
                if deafness.is_over:
                    self._give_up()
                    return False
            except (OSError, EOFError):
                return False
        return True
