"""A run begun, and its records as they are written, across whatever the network does in between."""

from __future__ import annotations

import json
from itertools import chain, repeat
from typing import TYPE_CHECKING

from fleet.bench import preflight, run_messages
from fleet.boards import messages
from fleet.boards.stream import NO_STATUS
from fleet.errors import RemoteError, UnreachableError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from fleet.bench.job_context import JobContext
    from fleet.bench.record_file import RecordFile
    from fleet.boards.ssh import Link
    from fleet.boards.stream import Stream

# A Pi restarts in less than a minute. One that is to stop is not waited for as long.
GONE_LIMIT_S = 120.0
GONE_LIMIT_STOPPING_S = 30.0
# Short pauses for a cable, long ones for a board that boots.
PAUSES_S = (0.5, 1.0, 2.0, 4.0)
LONGEST_PAUSE_S = 8.0


def backoff() -> Iterator[float]:
    """Return the pauses between attempts to reach a board, without end."""
    return chain(PAUSES_S, repeat(LONGEST_PAUSE_S))


class Follower:
    """Begins a run on one board and listens until the last record, or until the board says that it will not come."""

    def __init__(self, link: Link, context: JobContext, boot_id: str, tell: Callable[[str], None]) -> None:
        self._link = link
        self._context = context
        self._boot_id = boot_id
        self._tell = tell
        self._has_begun = False
        self.has_rebooted = False
        self.stderr = ""

    def lines(self, record_file: RecordFile) -> Iterator[bytes]:
        """Yield each record from the line reached on, and nothing (b"") whenever a moment passed without one.

        RemoteError with the board's own sentence if it does not begin.
        """
        while not record_file.has_ended:
            begun = self._listen(record_file) if self._has_begun else self._begin(record_file)
            if (yield from begun) != NO_STATUS:
                return
            if not record_file.has_ended:
                self._reconnect()
                yield b""

    def _begin(self, record_file: RecordFile) -> Generator[bytes, None, int]:
        """Begin the run and listen at once: each program that is started costs a slow board a second."""
        self._has_begun = True
        plan = json.dumps(self._context.plan.as_json())
        command = f"{self._context.command('start')} --follow"
        status = yield from self._read(self._link.sudo_stream(command, self._context.limits, plan), record_file)
        if status not in (0, NO_STATUS) and not (record_file.lines or self._context.stop.is_set()):
            raise RemoteError(messages.board_failure(self._link.board, self.stderr, status))
        return status

    def _listen(self, record_file: RecordFile) -> Generator[bytes, None, int]:
        command = f"{self._context.command('follow')} --skip {record_file.lines}"
        try:
            stream = self._link.sudo_stream(command, self._context.limits)
        except UnreachableError:
            return NO_STATUS
        return (yield from self._read(stream, record_file))

    def _read(self, stream: Stream, record_file: RecordFile) -> Generator[bytes, None, int]:
        for line in stream:
            yield line if line.endswith(b"\n") else b""  # a line that the network cut in two will come again
            if record_file.is_whole:  # how the command that told us ends is nothing to anybody
                stream.close()
                return 0
        self.stderr = stream.stderr
        return stream.status

    def _reconnect(self) -> None:
        """Try until the board is back, with growing pauses and a limit."""
        self._tell(lazy("reconnecting"))
        lost_s = self._context.clock()
        for pause_s in backoff():
            self._context.sleep(pause_s)
            try:
                self._link.open()
                self.has_rebooted |= preflight.boot_id(self._link) != self._boot_id
            except RemoteError as error:  # a refusal is no answer either: a board that boots lets nobody in yet
                limit_s = GONE_LIMIT_STOPPING_S if self._context.stop.is_set() else GONE_LIMIT_S
                if self._context.clock() - lost_s > limit_s:
                    raise UnreachableError(run_messages.gone(self._link.board, limit_s)) from error
            else:
                return
