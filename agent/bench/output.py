"""What a program prints, taken in while it runs: no more than an answer has, and not for longer than it may take."""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from agent.bench.stop import kill_group
from agent.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.bench.stop import Stop

# The longest honest answer: L12 with 1 GiB in steps of 128 KiB.
MOST_BYTES = 2**20
READ_BYTES = 65536
DYING_LIMIT_S = 10.0


class Watch(Protocol):
    """Whoever looks at the board while a program runs, now and then."""

    def begin(self) -> None:
        """Begin with a run of which nothing has been seen yet."""

    @property
    def pause_s(self) -> float:
        """How long not to look."""

    def look(self) -> None:
        """Look if it is time to."""


@contextmanager
def _ending_of(process: subprocess.Popen[bytes]) -> Iterator[int]:
    """Open what becomes readable when a process ends."""
    end = os.pidfd_open(process.pid)
    try:
        yield end
    finally:
        os.close(end)


class ProgramOutput:
    """The two pipes of one program that runs, and the moment by which it must have ended."""

    def __init__(self, process: subprocess.Popen[bytes], name: str, timeout_s: float) -> None:
        self._process = process
        self._name = name
        self._timeout_s = timeout_s
        self._deadline_s = time.monotonic() + timeout_s

    def read(self, watch: Watch, stop: Stop) -> tuple[bytes, bytes]:
        """Return standard output and error; BenchError if it is too much or takes too long, StoppedError if asked.

        However this ends, the program has ended, too, and its children with it; one that left their group may hold
        the pipes for longer, which nobody waits for.
        """
        stdout, stderr = self._process.stdout, self._process.stderr
        if stdout is None or stderr is None:
            raise BenchError(f"'{self._name}' was started without pipes; start it with both.")
        taken = {stdout.fileno(): bytearray(), stderr.fileno(): bytearray()}
        try:
            watch.begin()
            with _ending_of(self._process) as end:
                self._read_until(end, taken, watch, stop)
            return bytes(taken[stdout.fileno()]), bytes(taken[stderr.fileno()])
        finally:
            self._end()

    def _read_until(self, end: int, taken: dict[int, bytearray], watch: Watch, stop: Stop) -> None:
        with selectors.DefaultSelector() as selector:
            for each in (end, *taken):
                selector.register(each, selectors.EVENT_READ)
            has_ended = False
            while not has_ended:
                ready = [key.fd for key, _ in selector.select(self._pause_s(watch))]
                has_ended = end in ready
                self._take(ready, taken, selector)
                watch.look()
                stop.check()
            # What it wrote last is in the pipes by now.
            while self._take([key.fd for key, _ in selector.select(0)], taken, selector):
                pass

    def _take(self, ready: list[int], taken: dict[int, bytearray], selector: selectors.BaseSelector) -> bool:
        """Take in what is there; tell whether there was something."""
        pieces = {pipe: os.read(pipe, READ_BYTES) for pipe in ready if pipe in taken}
        for pipe, piece in pieces.items():
            taken[pipe] += piece
            if not piece:
                selector.unregister(pipe)
            if len(taken[pipe]) > MOST_BYTES:
                raise BenchError(f"'{self._name}' was ended because it printed more than {MOST_BYTES} bytes.")
        return any(pieces.values())

    def _pause_s(self, watch: Watch) -> float:
        """Return how long to wait for a next sign of life; BenchError if there is no time left."""
        left_s = self._deadline_s - time.monotonic()
        if left_s <= 0:
            raise BenchError(f"'{self._name}' was ended because it took longer than {self._timeout_s:g} s.")
        return min(watch.pause_s, left_s)

    def _end(self) -> None:
        """Kill what is left of the group, and only then wait: until then its number belongs to nobody else."""
        kill_group(self._process)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(DYING_LIMIT_S)
        except subprocess.TimeoutExpired as error:  # it waits for a broken disk, for example
            message = f"'{self._name}' does not end although it was killed; switch the board off and on."
            raise BenchError(message) from error
