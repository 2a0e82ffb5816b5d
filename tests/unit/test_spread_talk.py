from __future__ import annotations

import socket
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from fleet.errors import UnreachableError
from fleet.spread import pipes, talk
from fleet.spread.talk import News, Talk

if TYPE_CHECKING:
    from collections.abc import Iterator

TICK_S = 0.05
LIMIT_S = 10.0


class Whole:
    """A socket whose end is told to whoever waits for it, as with an ssh channel."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self.recv, self.sendall = end.recv, end.sendall

    def close(self) -> None:
        with suppress(OSError):
            self._end.shutdown(socket.SHUT_RDWR)


class Line:
    """A real socket that has a side for complaints, as an ssh channel has."""

    def __init__(self, end: socket.socket, complaint: bytes = b"", status: int = -1) -> None:
        end.settimeout(TICK_S)
        self._complaint, self._status = complaint, status
        self.recv, self.sendall, self.close = end.recv, end.sendall, end.close

    def recv_stderr(self, limit: int) -> bytes:
        return self._complaint[:limit]

    def recv_stderr_ready(self) -> bool:
        return bool(self._complaint)

    def exit_status_ready(self) -> bool:
        return True

    def recv_exit_status(self) -> int:
        return self._status


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(LIMIT_S)
    with ours, theirs:
        yield ours, theirs


def test_what_a_board_says_arrives_in_whole_lines_and_beats_are_not_passed_on(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    news: SimpleQueue[News] = SimpleQueue()
    Talk("pi01", Line(pair[0]), news.put)
    pair[1].sendall(b'{"kind": "beat"}\n{"kind": "rea')
    pair[1].sendall(b'dy", "a": 1}\n')
    assert news.get(timeout=LIMIT_S) == News("pi01", "ready", {"a": 1})


def test_the_board_hears_a_beat_and_orders(pair: tuple[socket.socket, socket.socket]) -> None:
    one = Talk("pi01", Line(pair[0]), lambda _: None)
    assert pair[1].recv(1) == b"\n"
    one.say(order=1)
    assert b'{"order": 1}\n' in pair[1].recv(100)


def test_a_board_that_ends_is_gone_with_its_last_words(pair: tuple[socket.socket, socket.socket]) -> None:
    news: SimpleQueue[News] = SimpleQueue()
    Talk("pi01", Line(pair[0], b"Traceback\nOSError: no space\n", status=1), news.put)
    pair[1].close()
    assert news.get(timeout=LIMIT_S) == News("pi01", "gone", {"words": "OSError: no space"})


def test_what_a_lost_board_said_long_ago_is_not_why_it_is_gone(pair: tuple[socket.socket, socket.socket]) -> None:
    news: SimpleQueue[News] = SimpleQueue()
    Talk("pi01", Line(pair[0], b"distributed.core - INFO - Starting\n"), news.put)
    pair[1].close()
    assert news.get(timeout=LIMIT_S) == News("pi01", "gone", {"words": ""})


def test_a_board_that_says_nothing_for_long_is_gone(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "SILENT_LIMIT_S", 0.3)
    news: SimpleQueue[News] = SimpleQueue()
    Talk("pi01", Line(pair[0]), news.put)
    assert news.get(timeout=LIMIT_S) == News("pi01", "gone", {"words": ""})


def test_what_goes_in_at_one_end_of_a_pipe_comes_out_at_the_other_and_both_end_together() -> None:
    (a, near), (far, b) = socket.socketpair(), socket.socketpair()
    with a, b, near, far:
        pipes.join(near, lambda: Whole(far))
        a.sendall(b"there")
        assert b.recv(10) == b"there"
        b.sendall(b"back")
        assert a.recv(10) == b"back"
        a.shutdown(socket.SHUT_WR)
        b.settimeout(LIMIT_S)
        assert b.recv(10) == b""


def test_a_pipe_to_a_board_that_is_gone_ends_at_once() -> None:
    a, near = socket.socketpair()

    def dial() -> pipes.End:
        raise UnreachableError("gone")

    with a, near:
        a.settimeout(LIMIT_S)
        pipes.join(near, dial)
        began_s = time.monotonic()
        assert a.recv(10) == b""
        assert time.monotonic() - began_s < LIMIT_S
