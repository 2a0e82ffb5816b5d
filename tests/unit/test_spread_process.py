from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from fleet.boards.outcome import State
from fleet.spread import answer, outbox, process, rate_limit
from fleet.spread.answer import Data, Ready
from fleet.spread.process import BoardProcess, ProcessEnd, ProcessEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TICK_S = 0.05
LIMIT_S = 60.0
READY = b'{"kind": "ready"}\n'
BEAT = b'{"kind": "beat"}\n'
Ends = tuple[socket.socket, socket.socket]


class Line:
    """A real socket that has a stderr, as an ssh channel has."""

    def __init__(self, end: socket.socket, complaint: bytes = b"", status: int = -1) -> None:
        end.settimeout(TICK_S)
        self._stderr, self._status = complaint, status
        self.recv: Callable[[int], bytes] = end.recv
        self.send, self.close = end.send, end.close

    def recv_stderr(self, limit: int) -> bytes:
        said, self._stderr = self._stderr[:limit], self._stderr[limit:]
        return said

    def recv_stderr_ready(self) -> bool:
        return bool(self._stderr)

    def exit_status_ready(self) -> bool:
        return True

    def recv_exit_status(self) -> int:
        return self._status


class Heard:
    """What a process passes on, with how much each word moves."""

    def __init__(self, moved: int = 0) -> None:
        self._events: SimpleQueue[ProcessEvent] = SimpleQueue()
        self._moved = moved

    def __call__(self, event: ProcessEvent) -> int:
        self._events.put(event)
        return self._moved

    def next(self) -> object:
        return self._events.get(timeout=LIMIT_S).message


@pytest.fixture
def pair() -> Iterator[Ends]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(LIMIT_S)
    with ours, theirs:
        yield ours, theirs


def test_what_a_board_says_arrives_in_whole_lines_and_beats_are_not_passed_on(pair: Ends) -> None:
    heard = Heard()
    BoardProcess("pi01", Line(pair[0]), heard)
    pair[1].sendall(BEAT + READY[:7])
    pair[1].sendall(READY[7:])
    assert heard.next() == Ready()


def test_the_board_hears_a_beat_and_orders(pair: Ends) -> None:
    one = BoardProcess("pi01", Line(pair[0]), Heard())
    assert pair[1].recv(1) == b"\n"
    one.say(order=1)
    lines = pair[1].makefile("rb")
    assert next(line for line in lines if line != b"\n") == b'{"order": 1}\n'


def test_a_board_that_ends_is_gone_with_its_last_words(pair: Ends) -> None:
    heard = Heard()
    BoardProcess("pi01", Line(pair[0], b"Traceback\nOSError: no space\n", status=1), heard)
    pair[1].close()
    assert heard.next() == ProcessEnd(State.FAILED, "OSError: no space")


def test_what_a_lost_board_said_long_ago_is_not_why_it_is_gone(pair: Ends) -> None:
    heard = Heard()
    BoardProcess("pi01", Line(pair[0], b"distributed.core - INFO - Starting\n"), heard)
    pair[1].close()
    assert heard.next() == ProcessEnd(State.UNREACHABLE)


def test_a_board_that_says_nothing_for_long_is_gone(pair: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SILENT_LIMIT_S", 0.3)
    heard = Heard()
    BoardProcess("pi01", Line(pair[0]), heard)
    pair[1].sendall(READY)
    assert heard.next() == Ready()
    assert heard.next() == ProcessEnd(State.UNREACHABLE)


class Reluctant(Line):
    """The line of a board that says something only after so many ticks."""

    def __init__(self, end: socket.socket, ticks: int) -> None:
        super().__init__(end)
        self.recv = self._nothing_yet
        self._hear, self._ticks = end.recv, ticks

    def _nothing_yet(self, limit: int) -> bytes:
        if not self._ticks:
            return self._hear(limit)
        self._ticks -= 1
        raise TimeoutError


def test_a_board_that_takes_its_time_to_begin_is_not_silent(pair: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SILENT_LIMIT_S", 0.0)
    heard = Heard()
    pair[1].sendall(READY)
    BoardProcess("pi01", Reluctant(pair[0], ticks=1000), heard)
    assert heard.next() == Ready()


class Sleeper(Line):
    """The line of a computer that stands still before it hears anything, by a clock that is moved by hand."""

    def __init__(self, end: socket.socket, monkeypatch: pytest.MonkeyPatch, asleep_s: float) -> None:
        super().__init__(end)
        self.recv = self._sleep
        self._hear = end.recv
        self._now_s, self._asleep_s = time.monotonic(), asleep_s
        monkeypatch.setattr("fleet.spread.process.time.monotonic", lambda: self._now_s)

    def _sleep(self, limit: int) -> bytes:
        if not self._asleep_s:
            return self._hear(limit)
        self._now_s, self._asleep_s = self._now_s + self._asleep_s, 0
        raise TimeoutError


def test_while_the_teachers_computer_stands_still_no_board_is_silent(
    pair: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    pair[1].sendall(READY)
    BoardProcess("pi01", Sleeper(pair[0], monkeypatch, asleep_s=15), heard)
    assert heard.next() == Ready()


@pytest.mark.parametrize(
    "said",
    [
        b"hello\n",
        b"\n",
        b"null\n",
        b'{"kind": "chunk"}\n',
        b"[" * 60_000 + b"\n",
        b'{"kind": "beat"' + b" " * 70_000 + b"}\n",
        b"x" * 300_000,
        BEAT * (process.MOST_BEATS + 100),
    ],
)
def test_a_board_that_says_what_no_honest_board_says_is_given_up(pair: Ends, said: bytes) -> None:
    heard = Heard()
    BoardProcess("pi01", Line(pair[0]), heard)
    with suppress(BrokenPipeError):
        pair[1].sendall(said)
    gone = heard.next()
    assert isinstance(gone, ProcessEnd)
    assert gone.state is State.FAILED
    assert gone.words.startswith("it said ")
    assert len(gone.words) < 300


def test_a_board_that_complains_without_end_is_given_up(pair: Ends) -> None:
    heard = Heard()
    BoardProcess("pi01", Line(pair[0], b"x" * (process.MOST_STDERR_BYTES + 1)), heard)
    assert heard.next() == ProcessEnd(State.FAILED, "it said complaints without end")


def test_a_board_that_does_not_read_is_given_up_and_what_waits_for_it_is_dropped(pair: Ends) -> None:
    heard = Heard()
    one = BoardProcess("pi01", Line(pair[0]), heard)
    for _ in range(2 * outbox.MOST_WAITING_BYTES // 10_000):
        one.send(bytes(10_000))
    assert heard.next() == ProcessEnd(State.FAILED, "it does not read what is said to it")


def test_a_board_that_takes_nothing_for_long_is_given_up(pair: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "SILENT_LIMIT_S", 0.3)
    heard = Heard()
    one = BoardProcess("pi01", Line(pair[0]), heard)
    one.send(bytes(2**20))
    # It goes on to say that it is there.
    with suppress(BrokenPipeError):
        for _ in range(40):
            pair[1].sendall(BEAT)
            time.sleep(0.05)
    assert heard.next() == ProcessEnd(State.FAILED, "it does not read what is said to it")


def test_a_board_that_moves_more_than_its_pace_is_read_slowly(pair: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "BURST_BYTES", 0)
    paused_s: list[float] = []
    monkeypatch.setattr("fleet.spread.process.time.sleep", paused_s.append)
    heard = Heard(moved=rate_limit.BYTES_PER_S)
    BoardProcess("pi01", Line(pair[0]), heard)
    line = {"kind": "data", "peer": 1, "stream": 1, "bytes": "AA=="}
    pair[1].sendall(json.dumps(line).encode() + b"\n" + READY)
    assert isinstance(heard.next(), Data)
    assert heard.next() == Ready()
    pair[1].close()
    assert heard.next() == ProcessEnd(State.UNREACHABLE)
    assert max(paused_s) > 0.5


def test_the_lead_that_all_others_are_joined_to_is_not_slowed_for_one_of_them(
    pair: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limit, "BURST_BYTES", 0)
    paused_s: list[float] = []
    monkeypatch.setattr("fleet.spread.process.time.sleep", paused_s.append)
    heard = Heard(moved=answer.MOST_LINE_BYTES * 100)
    BoardProcess("pi01", Line(pair[0]), heard, joined=2)
    pair[1].sendall(READY)
    assert heard.next() == Ready()
    pair[1].close()
    assert heard.next() == ProcessEnd(State.UNREACHABLE)
    assert not paused_s
