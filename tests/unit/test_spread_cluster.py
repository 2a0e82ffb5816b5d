from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from fleet.boards.inventory import Board
from fleet.boards.outcome import State
from fleet.errors import UnreachableError
from fleet.spread import cluster
from fleet.spread.answer import RoundDone
from fleet.spread.choose import Member
from fleet.spread.cluster import Cluster, LeadLostError
from tests.unit.test_spread_process import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleet.spread.process import ProcessEvent

NAMES = ("pi01", "pi02", "pi03")
MEMBERS = [Member(Board(name, "192.0.2.1"), 1, 10**9, is_simulated=False, agent_runs=False) for name in NAMES]
LIMIT_S = 60.0
TYPED = "a b c"


class Room:
    """Boards behind real sockets: what each does with a part of a run is a function of its end."""

    def __init__(self) -> None:
        self.deeds: dict[str, Any] = {}
        self.complaints: dict[str, bytes] = {}
        self.password = ""
        self.ends: list[socket.socket] = []
        self.heard: dict[str, bytes] = {}
        self.unreachable: set[str] = set()

    def link(self, board: Board, sudo_password: str) -> Link:
        self.password = sudo_password
        return Link(self, board)

    def serve(self, name: str, command: str, end: socket.socket) -> None:
        part = "lead" if " lead " in command else "work"
        deed = self.deeds.get(f"{name} {part}", beats)
        with suppress(OSError):
            deed(self, f"{name} {part}", end)
        end.close()


class Link:
    """Stands in for the ssh connection with one board."""

    def __init__(self, room: Room, board: Board) -> None:
        self._room, self._board = room, board
        self._lines: list[socket.socket] = []

    def open(self) -> None:
        pass

    def close(self) -> None:
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def open_channel(self, command: str, *, as_root: bool) -> Line:
        assert as_root
        if f"{self._board.name} {command.split()[2]}" in self._room.unreachable:
            raise UnreachableError("gone")
        ours, theirs = socket.socketpair()
        self._lines.append(ours)
        self._room.ends += [ours, theirs]
        threading.Thread(target=self._room.serve, args=(self._board.name, command, theirs), daemon=True).start()
        complaint = self._room.complaints.get(self._board.name, b"")
        return Line(ours, complaint, status=1 if complaint else -1)


def say(end: socket.socket, **facts: object) -> None:
    end.sendall(json.dumps(facts).encode() + b"\n")


def beats(room: Room, name: str, end: socket.socket, *, is_ready: bool = True) -> None:
    """Be there until the line ends, and keep what was heard."""
    if is_ready:
        say(end, kind="ready")
    end.settimeout(0.2)
    while True:
        say(end, kind="beat")
        with suppress(TimeoutError):
            said = end.recv(65536)
            if not said:
                return
            room.heard[name] = room.heard.get(name, b"") + said


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    one = Room()
    monkeypatch.setattr(cluster, "Link", one.link)
    yield one
    for end in one.ends:
        end.close()


def next_event(one: Cluster) -> ProcessEvent:
    limit_s = time.monotonic() + LIMIT_S
    while time.monotonic() < limit_s:
        if found := one.next_event(0.2):
            return found
    pytest.fail("no event")


def test_boards_that_are_ready_are_a_star_and_the_lead_hears_orders(room: Room) -> None:
    def lead(room: Room, name: str, end: socket.socket) -> None:
        say(end, kind="ready")
        while b"order" not in room.heard.get(name, b""):
            room.heard[name] = room.heard.get(name, b"") + end.recv(1000)
        say(end, kind="round", order=1, wall_ns=5)
        beats(room, name, end, is_ready=False)

    room.deeds["pi01 lead"] = lead
    with Cluster(MEMBERS, TYPED) as one:
        assert one.lead == "pi01"
        one.order(order=1)
        assert next_event(one).message == RoundDone(1, 5)
        assert not one.lost
    assert room.password == TYPED


@pytest.mark.parametrize(
    "words", [{"kind": "round", "order": 1, "wall_ns": 5}, {"kind": "ready"}, {"kind": "open", "peer": 1, "stream": 1}]
)
def test_a_board_that_does_not_lead_and_says_what_only_the_lead_says_is_dropped(
    room: Room, words: dict[str, Any]
) -> None:
    def work(room: Room, name: str, end: socket.socket) -> None:
        say(end, kind="ready")
        say(end, **words)
        beats(room, name, end, is_ready=False)

    room.deeds["pi03 work"] = work
    with Cluster(MEMBERS) as one:
        while not one.lost:
            one.next_event(0.2)
        assert list(one.lost) == ["pi03"]
        assert one.lost["pi03"].state is State.FAILED
        assert one.lost["pi03"].sentence.startswith("pi03 stopped computing: it said ")


def test_a_connection_that_a_board_opens_reaches_the_lead_and_one_to_nobody_is_not_passed_on(
    room: Room,
) -> None:
    def lead(room: Room, name: str, end: socket.socket) -> None:
        say(end, kind="ready")
        say(end, kind="open", peer=1, stream=2)
        beats(room, name, end, is_ready=False)

    def work(room: Room, name: str, end: socket.socket) -> None:
        say(end, kind="ready")
        say(end, kind="open", peer=one._scheduler_port, stream=1)
        beats(room, name, end, is_ready=False)

    room.deeds |= {"pi01 lead": lead, "pi02 work": work}
    one = Cluster(MEMBERS)
    with one:
        limit_s = time.monotonic() + LIMIT_S
        while b'"open"' not in room.heard.get("pi01 lead", b"") and time.monotonic() < limit_s:
            time.sleep(0.05)
        assert f'"peer":{one.ports["pi02"]}'.encode() in room.heard["pi01 lead"]
        assert not one.lost


def test_where_sudo_wants_a_password_the_row_says_so(room: Room) -> None:
    room.deeds["pi02 work"] = lambda *_: None
    room.complaints["pi02"] = b"sudo: a password is required\n"
    with Cluster(MEMBERS) as one:
        assert one.lost["pi02"].state is State.REFUSED
        assert "add -K" in one.lost["pi02"].sentence


def says_nothing(_room: Room, _name: str, end: socket.socket) -> None:
    while end.recv(65536):
        pass


@pytest.mark.parametrize("deed", [partial(beats, is_ready=False), says_nothing])
def test_a_board_that_is_never_ready_costs_its_own_row(
    room: Room, monkeypatch: pytest.MonkeyPatch, deed: Callable[..., None]
) -> None:
    monkeypatch.setattr(cluster, "START_LIMIT_S", 4.0)
    room.deeds["pi03 work"] = deed
    with Cluster(MEMBERS) as one:
        assert list(one.lost) == ["pi03"]
        assert one.lost["pi03"].state is State.TIMED_OUT


def test_a_board_that_cannot_be_reached_any_more_costs_its_own_row(room: Room) -> None:
    room.unreachable = {"pi02 work"}
    with Cluster(MEMBERS) as one:
        assert list(one.lost) == ["pi02"]
        assert one.lost["pi02"].state is State.UNREACHABLE


@pytest.mark.parametrize("how", ["unreachable", "gone"])
def test_without_its_lead_there_is_no_star(room: Room, how: str) -> None:
    if how == "unreachable":
        room.unreachable = {"pi01 lead"}
    else:
        room.deeds["pi01 lead"] = lambda *_: None
    one = Cluster(MEMBERS)
    with pytest.raises(LeadLostError), one:
        pass
    assert list(one.lost) == ["pi01"]
