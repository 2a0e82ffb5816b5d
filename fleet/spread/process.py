"""A part of the run on one board, with a heartbeat both ways; silence or a message that is none of ours ends it."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from fleet.boards.awake import Countdown
from fleet.boards.outcome import State
from fleet.i18n import lazy
from fleet.spread.answer import (
    MOST_LINE_BYTES,
    Heartbeat,
    InvalidAnswerError,
    Message,
    message,
    too_long_a_line,
)
from fleet.spread.outbox import SILENT_LIMIT_S, Outbox
from fleet.spread.rate_limit import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable


BEAT_S = 1.0
READ_BYTES = 65536
MOMENT_S = 0.05
MOST_BEATS = 60
BEATS_PER_S = 4
# Dask on a board writes some lines on stderr at most.
MOST_STDERR_BYTES = 2**20
KEPT_BYTES = 4096


@dataclass(frozen=True)
class ProcessEnd:
    """The end of a part: how its board's row reads, and the last words or what was wrong with them."""

    state: State
    words: str = ""


@dataclass(frozen=True)
class ProcessEvent:
    """What came from a board's part."""

    board: str
    message: Message | ProcessEnd


class Channel(Protocol):
    """What a process needs of an ssh channel: bytes both ways, how it ended, and what came on stderr."""

    def exit_status_ready(self) -> bool:
        """Tell whether the command has ended, or the connection has."""

    def recv_exit_status(self) -> int:
        """Return how the command ended, -1 if only the connection did; waits until either has."""

    def recv(self, limit: int, /) -> bytes:
        """Return what came; TimeoutError after a moment of silence, nothing at the end."""

    def recv_stderr(self, limit: int, /) -> bytes:
        """Return what came on stderr."""

    def recv_stderr_ready(self) -> bool:
        """Tell whether anything came on stderr."""

    def send(self, data: bytes, /) -> int:
        """Send some of it and return how much; TimeoutError if the other side takes nothing for a moment."""

    def close(self) -> None:
        """End the command's input and output."""


class BoardProcess:
    """One part that runs on a board; its messages go to whoever listens, in a thread of its own.

    `on_event` returns how many bytes a message moves beside its own: a board that moves more than its rate is read
    slowly. The lead's is joined to so many others. Who starts a part has the patience until its first message: a busy
    board needs longer to begin than it is ever silent afterwards.
    """

    def __init__(self, board: str, channel: Channel, on_event: Callable[[ProcessEvent], int], joined: int = 0) -> None:
        self.board = board
        self._channel = channel
        self._on_event = on_event
        # What the lead moves is paced where it goes to or comes from: no board may slow the others' connections.
        self._rate_limit = None if joined else RateLimit(time.monotonic())
        self._outbox = Outbox(channel, joined + 1, self._give_up)
        self._wrong = ""
        self._stderr = b""
        self._stderr_bytes = 0
        self._beats = 0
        self._begun = b""
        self._began_s = time.monotonic()
        self._has_spoken = False
        self._silence = Countdown(SILENT_LIMIT_S)
        Thread(target=self._listen, daemon=True).start()

    def say(self, **order: object) -> None:
        """Send an order; that a board is gone is told as news, not here."""
        self.send(json.dumps(order).encode())

    def send(self, line: bytes) -> None:
        """Send a line, later if the board is busy."""
        self._outbox.send(line)

    def close(self) -> None:
        """End the part: on the board it ends with its input."""
        self._outbox.close()
        with suppress(OSError, EOFError):
            self._channel.close()

    def _give_up(self) -> None:
        self._wrong = self._wrong or lazy("it does not read what is said to it")
        self.close()

    def _listen(self) -> None:
        beat_at_s = 0.0
        try:
            while (chunk := self._receive()) is not None:
                self._handle_lines(chunk)
                if time.monotonic() - beat_at_s >= BEAT_S:
                    beat_at_s = time.monotonic()
                    self.send(b"")
        except InvalidAnswerError as error:
            self._wrong = self._wrong or lazy("it said {error}", error=error)
        self._on_event(ProcessEvent(self.board, self._gone()))
        self.close()

    def _receive(self) -> bytes | None:
        """Return what came, nothing after a moment of silence, None when the part or its board is gone."""
        self._read_stderr()
        try:
            chunk = self._channel.recv(READ_BYTES)
        except TimeoutError:
            return None if self._has_spoken and self._silence.is_over else b""
        except OSError:
            return None
        self._has_spoken = True
        self._silence.restart()
        return chunk or None

    def _handle_lines(self, chunk: bytes) -> None:
        *lines, self._begun = (self._begun + chunk).split(b"\n")
        if len(self._begun) > MOST_LINE_BYTES:
            raise InvalidAnswerError(too_long_a_line())
        moved = len(chunk) + sum(self._handle(line) for line in lines)
        pause_s = self._rate_limit.pause_s(moved, time.monotonic()) if self._rate_limit else 0.0
        if pause_s:
            time.sleep(pause_s)
            self._silence.restart()

    def _handle(self, line: bytes) -> int:
        heard = message(line)
        if not isinstance(heard, Heartbeat):
            return self._on_event(ProcessEvent(self.board, heard))
        self._beats += 1
        if self._beats > MOST_BEATS + BEATS_PER_S * (time.monotonic() - self._began_s):
            raise InvalidAnswerError(lazy("that it is there, over and over"))
        return 0

    def _read_stderr(self) -> None:
        """Keep the end of what comes on stderr, so that the part can go on."""
        while self._channel.recv_stderr_ready():
            text = self._channel.recv_stderr(READ_BYTES)
            if not text:
                return
            self._stderr = (self._stderr + text)[-KEPT_BYTES:]
            self._stderr_bytes += len(text)
            if self._stderr_bytes > MOST_STDERR_BYTES:
                raise InvalidAnswerError(lazy("complaints without end"))

    def _gone(self) -> ProcessEnd:
        """Say how it ended: with the last line on stderr if it did so by itself; a lost board's words are old."""
        if self._wrong:
            return ProcessEnd(State.FAILED, self._wrong)
        if not self._ended_by_itself():
            return ProcessEnd(State.UNREACHABLE)
        with suppress(InvalidAnswerError):
            self._read_stderr()
        lines = self._stderr.decode(errors="replace").strip().splitlines() or [lazy("no reason")]
        return ProcessEnd(State.FAILED, lines[-1])

    def _ended_by_itself(self) -> bool:
        """Tell whether the command ended, and not just the way to it; its status may come a moment after its words."""
        limit_s = time.monotonic() + BEAT_S
        while not self._channel.exit_status_ready() and time.monotonic() < limit_s:
            time.sleep(MOMENT_S)
        return self._channel.exit_status_ready() and self._channel.recv_exit_status() >= 0
