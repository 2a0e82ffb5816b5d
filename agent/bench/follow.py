"""Handing the records of a run on while they are written, wherever in it the reader joins."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable, TextIO

from agent.bench.records import RecordTail, is_end
from agent.errors import BenchError

if TYPE_CHECKING:
    from pathlib import Path

# A look costs some microseconds: no process is started, so that the run is not disturbed.
POLL_S = 0.1


class LostError(BenchError):
    """The run is gone and its last record will never come."""


def follow(path: Path, skip: int, out: TextIO, is_coming: Callable[[], bool]) -> None:
    """Hand on each line after the first `skip`, until the end record; LostError if none will come.

    `is_coming` is asked only until the first line is there: whether a run that has begun still lives, its lock tells.
    """
    tail = RecordTail(path)
    seen = 0
    try:
        while True:
            # Asked before reading: what the writer wrote last is then read, even if it died in between.
            is_alive = tail.is_written() or (seen == 0 and is_coming())
            lines = tail.lines()
            _hand_on(lines[max(0, skip - seen) :], out)
            seen += len(lines)
            if lines and is_end(lines[-1]):
                return
            if not is_alive:
                raise LostError(f"The run ended after {seen} records without its last one, which will not come.")
            time.sleep(POLL_S)
    finally:
        tail.close()


def _hand_on(lines: list[bytes], out: TextIO) -> None:
    if lines:
        out.write(b"".join(lines).decode())
        out.flush()
