"""What a command on a board prints, as it comes: limited in bytes, in the length of a line, and in time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleet.boards import messages
from fleet.boards.awake import CLOCK
from fleet.errors import FloodError, LimitError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleet.boards.inventory import Board

CHUNK_BYTES = 65536
NO_STATUS = -1
# A command that has closed its output says how it ended at once, unless the board is very busy.
STATUS_LIMIT_S = 30.0
LOOK_S = 0.05
# A board that writes a line writes the whole of it; one whose network stands still is given up sooner. Pictures are
# long lines, which take their time in a bad Wi-Fi.
LINE_LIMIT_S = 30.0
SLOWEST_BYTES_PER_S = 10_000
# Of what a command says about its failure, so much of the beginning is kept.
STDERR_BYTES = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """How much a command may print, in all and without a new line, and how long it may run."""

    most_bytes: int
    line_bytes: int
    limit_s: float = float("inf")


@dataclass(frozen=True)
class CommandResult:
    """How a command ended, and what it said."""

    status: int
    stdout: str
    stderr: str


class Stream:
    """The output of a command that runs: whole lines, and nothing (b"") each time a moment passed without any.

    Reading raises FloodError or LimitError when a limit is reached; the board is listened to no more then.
    """

    def __init__(self, board: Board, channel: Any, limits: Limits, release: Callable[[], None]) -> None:  # noqa: ANN401 (paramiko has no types)
        self._board = board
        self._channel = channel
        self._limits = limits
        self._release = release
        self._until_s = CLOCK.now_s() + limits.limit_s
        self._came_bytes = 0
        self._begun_s = 0.0
        self._begun_bytes = 0
        self._stderr = bytearray()
        self.status = NO_STATUS
        self.stderr = ""

    def __iter__(self) -> Iterator[bytes]:
        begun = bytearray()
        for chunk in self.chunks():
            *lines, rest = chunk.split(b"\n")
            for line in lines:
                yield bytes(begun) + line + b"\n"
                begun.clear()
            begun += rest
            if len(begun) > self._limits.line_bytes:
                raise self._flood(self._limits.line_bytes, lazy(" in one line"))
            if not lines:
                yield b""
        if begun:
            yield bytes(begun)

    def chunks(self) -> Iterator[bytes]:
        """Yield what came, however it was cut, and nothing (b"") after a moment of silence."""
        try:
            while (chunk := self._receive()) is not None:
                self._check_pace(chunk)
                yield chunk
            self._end()
        finally:
            self.close()

    def _receive(self) -> bytes | None:
        """Return what came, nothing after a moment of silence, None at the end."""
        self._check_time()
        self._read_stderr()
        try:
            chunk = _read(self._channel.recv)
        except TimeoutError:
            return b""
        self._count(chunk)
        return chunk or None

    def _read_stderr(self) -> None:
        """Take in what came on stderr; if nobody did, a command that says much there would stand still."""
        while self._channel.recv_stderr_ready() and (words := _read(self._channel.recv_stderr)):
            self._count(words)
            self._stderr += words[: STDERR_BYTES - len(self._stderr)]

    def _check_pace(self, chunk: bytes) -> None:
        """Give up a board that begins a line and then lets its end wait."""
        now_s, end = CLOCK.now_s(), chunk.rfind(b"\n")
        if end >= 0 or not self._begun_bytes:
            self._begun_s, self._begun_bytes = now_s, 0
        self._begun_bytes += len(chunk) - end - 1
        if self._begun_bytes and now_s > self._begun_s + LINE_LIMIT_S + self._begun_bytes / SLOWEST_BYTES_PER_S:
            raise LimitError(messages.half_line(self._board, LINE_LIMIT_S))

    def _count(self, content: bytes) -> None:
        self._came_bytes += len(content)
        if self._came_bytes > self._limits.most_bytes:
            raise self._flood(self._limits.most_bytes, "")

    def _flood(self, most_bytes: int, where: str) -> FloodError:
        return FloodError(messages.too_much(self._board, most_bytes, where))

    def _check_time(self) -> None:
        if CLOCK.now_s() > self._until_s:
            raise LimitError(messages.too_long(self._board, self._limits.limit_s))

    def _end(self) -> None:
        """Ask how the command ended; a connection that broke does not know."""
        until_s = CLOCK.now_s() + STATUS_LIMIT_S
        while not self._channel.status_event.wait(LOOK_S) and CLOCK.now_s() < until_s:
            self._check_time()
            self._read_stderr()
        if self._channel.status_event.is_set():
            self.status = self._channel.exit_status
        self._read_stderr()
        self.stderr = self._stderr.decode(errors="replace").strip()

    def close(self) -> None:
        """Stop listening."""
        with suppress(Exception):  # paramiko tells the other side; whatever that raises, the connection is over
            self._channel.close()
        self._release()


def _read(read: Callable[[int], bytes]) -> bytes:
    """Read from a channel; nothing at its end. TimeoutError if nothing came for a moment."""
    try:
        return read(CHUNK_BYTES)
    except TimeoutError:
        raise
    except Exception:  # noqa: BLE001 (reading makes paramiko answer; whatever that raises, the connection is over)
        return b""
