"""A part of the run on one board, heard and answered every second: silence means that the board is gone."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


BEAT_S = 1.0
# Ten beats: a board that computes on all processors may be late, one that was pulled says nothing at all.
SILENT_LIMIT_S = 10.0
READ_BYTES = 65536
MOMENT_S = 0.05


@dataclass(frozen=True)
class News:
    """What came from a board's part: a JSON object, or that its end came, with the last words it said."""

    board: str
    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


class Channel(Protocol):
    """What a talk needs of an ssh channel: words both ways, how it ended, and what was said on the side of errors."""

    def exit_status_ready(self) -> bool:
        """Tell whether the command has ended, or the connection has."""

    def recv_exit_status(self) -> int:
        """Return how the command ended, -1 if only the connection did; waits until either has."""

    def recv(self, limit: int, /) -> bytes:
        """Return what came; TimeoutError after a moment of silence, nothing at the end."""

    def recv_stderr(self, limit: int, /) -> bytes:
        """Return what came as complaint."""

    def recv_stderr_ready(self) -> bool:
        """Tell whether there is a complaint."""

    def sendall(self, data: bytes, /) -> object:
        """Send all of it."""

    def close(self) -> None:
        """End the command's input and output."""


class Talk:
    """One part that runs on a board; its words go to whoever listens, in a thread of its own."""

    def __init__(self, board: str, channel: Channel, tell: Callable[[News], None]) -> None:
        self._board = board
        self._channel = channel
        self._tell = tell
        self._sending = Lock()
        self._begun = b""
        self._heard_at_s = time.monotonic()
        Thread(target=self._listen, daemon=True).start()

    def say(self, **order: object) -> None:
        """Send an order; that a board is gone is told as news, not here."""
        self._send(json.dumps(order))

    def close(self) -> None:
        """End the part: on the board it ends with its input."""
        with suppress(OSError, EOFError):
            self._channel.close()

    def _send(self, words: str) -> None:
        with suppress(OSError, EOFError), self._sending:
            self._channel.sendall(words.encode() + b"\n")

    def _listen(self) -> None:
        beat_at_s = 0.0
        while (chunk := self._receive()) is not None:
            self._hear(chunk)
            if time.monotonic() - beat_at_s >= BEAT_S:
                beat_at_s = time.monotonic()
                self._send("")
        self._tell(News(self._board, "gone", {"words": self._complaint()}))
        self.close()

    def _receive(self) -> bytes | None:
        """Return what came, nothing after a moment of silence, None when the part or its board is gone."""
        try:
            chunk = self._channel.recv(READ_BYTES)
        except TimeoutError:
            return b"" if time.monotonic() - self._heard_at_s < SILENT_LIMIT_S else None
        except OSError:
            return None
        self._heard_at_s = time.monotonic()
        return chunk or None

    def _hear(self, chunk: bytes) -> None:
        *lines, self._begun = (self._begun + chunk).split(b"\n")
        for line in filter(None, lines):
            facts = json.loads(line)
            if facts["kind"] != "beat":
                self._tell(News(self._board, facts.pop("kind"), facts))

    def _complaint(self) -> str:
        """Return the last line of what a part that ended by itself complained about; a lost board's words are old."""
        if not self._ended_by_itself():
            return ""
        said = self._channel.recv_stderr(READ_BYTES) if self._channel.recv_stderr_ready() else b""
        return (said.decode(errors="replace").strip().splitlines() or [""])[-1]

    def _ended_by_itself(self) -> bool:
        """Tell whether the command ended, and not just the way to it; its status may come a moment after its words."""
        limit_s = time.monotonic() + BEAT_S
        while not self._channel.exit_status_ready() and time.monotonic() < limit_s:
            time.sleep(MOMENT_S)
        return self._channel.exit_status_ready() and self._channel.recv_exit_status() >= 0
