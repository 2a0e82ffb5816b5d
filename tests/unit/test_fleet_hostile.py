"""Boards that mean harm: whatever they do with ssh, they cost a bounded time and a bounded memory."""

from __future__ import annotations

import itertools
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paramiko
import pytest
from paramiko import common

from fleet.boards import limited_socket, ssh, stream
from fleet.boards.limited_socket import LONGEST_PACKET_BYTES, GivenUpError, LimitedSocket, LimitFault
from fleet.boards.outcome import Outcome, State
from fleet.boards.pool import on_all
from fleet.boards.ssh import Link
from fleet.boards.stream import Limits
from fleet.errors import FloodError, LimitError, RemoteError, UnreachableError
from tests.unit.hostile_sshd import Hostile, message, send, stderr, stdout

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from paramiko import Channel

LIMIT_S, MOST_BYTES = 0.5, 256 * 1024
# What a limit may be passed by on a computer that is busy with other tests.
LATE_S = 40.0
PIECE = b"A" * 32768


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "CONNECT_LIMIT_S", 4)
    monkeypatch.setattr(ssh, "LOG_IN_LIMIT_S", 10)
    monkeypatch.setattr(ssh, "GRACE_S", 0.5)
    monkeypatch.setattr(stream, "LINE_LIMIT_S", 0.5)
    monkeypatch.setattr(stream, "STATUS_LIMIT_S", 1.0)


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[Callable[..., Hostile]]:
    started: list[Hostile] = []

    def start(deed: Any = None, greet: Any = None) -> Hostile:  # noqa: ANN401 (functions of any kind)
        started.append(Hostile(tmp_path / f"hostile{len(started)}", deed or silence, greet))
        return started[-1]

    yield start
    for one in started:
        one.close()


def silence(_channel: Channel, _command: str) -> None:
    time.sleep(60)


def drip(channel: Channel, _command: str) -> None:
    while True:
        channel.sendall(b"x")
        time.sleep(0.02)


def flood(channel: Channel, _command: str) -> None:
    while True:
        channel.sendall(PIECE)


def flood_lines(channel: Channel, _command: str) -> None:
    while True:
        channel.sendall(b"line\n" * 5000)


def flood_stderr(channel: Channel, _command: str) -> None:
    while True:
        channel.sendall_stderr(PIECE)


def status_without_end(channel: Channel, _command: str) -> None:
    channel.send_exit_status(0)
    time.sleep(60)


def end_without_status(channel: Channel, _command: str) -> None:
    channel.shutdown_write()
    time.sleep(60)


def stderr_after_the_end(channel: Channel, _command: str) -> None:
    channel.send_exit_status(1)
    channel.shutdown_write()
    while True:
        send(channel.transport, stderr(channel, 1000))
        time.sleep(0.001)


def beyond_the_window(channel: Channel, _command: str) -> None:
    while True:
        send(channel.transport, stdout(channel, 32768))


def beyond_the_window_on_stderr(channel: Channel, _command: str) -> None:
    while True:
        send(channel.transport, stderr(channel, 32768))


def flood_of(*parts: bytes | int | str) -> Callable[[Channel, str], None]:
    def deed(channel: Channel, _command: str) -> None:
        while True:
            send(channel.transport, message(*parts))

    return deed


def keys_without_end(channel: Channel, _command: str) -> None:
    """Ask for new keys and never agree on any."""
    while channel.transport.active:
        channel.transport._send_kex_init()
        time.sleep(0.05)


KINDS: dict[str, Callable[[Channel, str], None]] = {
    "silence": silence,
    "drip": drip,
    "flood": flood,
    "flood of lines": flood_lines,
    "flood of stderr": flood_stderr,
    "status without end": status_without_end,
    "end without status": end_without_status,
    "stderr after the end": stderr_after_the_end,
    "beyond the window": beyond_the_window,
    "beyond the window on stderr": beyond_the_window_on_stderr,
    "what is to be ignored": flood_of(common.cMSG_IGNORE, "i" * 30000),
    "what is to be logged": flood_of(common.cMSG_DEBUG, b"\0", "d" * 30000, ""),
    "requests": flood_of(common.cMSG_GLOBAL_REQUEST, "r" * 30000, b"\1"),
    "a channel for X11": flood_of(common.cMSG_CHANNEL_OPEN, "x11", 1, 2**31, 2**31, "127.0.0.1", 1),
    "a channel to the agent": flood_of(common.cMSG_CHANNEL_OPEN, "auth-agent@openssh.com", 1, 2**31, 2**31),
    "a channel from a port": flood_of(common.cMSG_CHANNEL_OPEN, "forwarded-tcpip", 1, 9, 9, "h", 22, "h", 22),
    "an unknown channel": flood_of(common.cMSG_CHANNEL_DATA, 77, "x"),
    "an unknown message": flood_of(b"\xfa", "x"),
    "words that are no text": flood_of(common.cMSG_CHANNEL_REQUEST, 0, 2, b"\xff\xfe", b"\0"),
    "a message that is cut short": flood_of(common.cMSG_CHANNEL_OPEN),
    "a status of four bytes": flood_of(common.cMSG_CHANNEL_REQUEST, 0, "exit-status", b"\0", 2**32 - 1),
    "a parting word": flood_of(common.cMSG_DISCONNECT, 2, "\x1b[2J" * 1000, ""),
    "keys without end": keys_without_end,
}


def peak_mb() -> int:
    """Return how much memory this process has now; the most it ever had is of other tests."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 // 2**20


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_board_costs_little_time_and_memory(hostile: Callable[..., Hostile], kind: str) -> None:
    board = hostile(KINDS[kind]).board()
    began_s, before_mb = time.monotonic(), peak_mb()
    try:
        with Link(board) as link:
            assert link.run("true", limit_s=LIMIT_S, most_bytes=MOST_BYTES).status != 0
    except RemoteError as error:
        assert "pi01" in str(error)  # noqa: PT017 (one that says a status raises nothing)
    assert time.monotonic() - began_s < LATE_S
    assert peak_mb() - before_mb < 60


@pytest.mark.parametrize("kind", list(KINDS)[:10])
def test_lines_of_a_hostile_board_end_too(hostile: Callable[..., Hostile], kind: str) -> None:
    board = hostile(KINDS[kind]).board()
    began_s, came_bytes = time.monotonic(), 0
    with Link(board) as link:
        lines = link.stream("true", limits=Limits(MOST_BYTES, 1000, LIMIT_S))
        try:
            came_bytes = sum(len(line) for line in lines)
        except RemoteError as error:
            assert "pi01" in str(error)  # noqa: PT017 (one that has merely gone raises nothing)
        else:
            assert lines.status != 0
    assert came_bytes <= MOST_BYTES
    assert time.monotonic() - began_s < LATE_S


def test_what_was_sent_is_told_apart_from_what_took_long(hostile: Callable[..., Hostile]) -> None:
    with Link(hostile(flood).board()) as link, pytest.raises(FloodError, match=r"pi01 sent more than 256 KiB, which"):
        link.run("true", most_bytes=MOST_BYTES)
    with Link(hostile(silence).board()) as link, pytest.raises(LimitError, match=r"pi01 took longer than 0\.5 s"):
        link.run("true", limit_s=LIMIT_S)
    with Link(hostile(drip).board()) as link, pytest.raises(LimitError, match="pi01 began a line and did not end it"):
        link.run("true", limit_s=60)


def test_a_line_without_an_end_is_refused_by_length_and_by_time(hostile: Callable[..., Hostile]) -> None:
    limits = Limits(MOST_BYTES, 1000)
    with Link(hostile(flood).board()) as link, pytest.raises(FloodError, match="in one line"):
        list(link.stream("true", limits=limits))
    with Link(hostile(drip).board()) as link, pytest.raises(LimitError, match="began a line and did not end it"):
        list(link.stream("true", limits=limits))


def lines_of(channel: Channel, _command: str) -> None:
    """Say honestly what fits into the limits just so."""
    channel.sendall(b"x" * 999 + b"\n" + b"y" * 1000 + b"\n")
    channel.sendall_stderr(b"done")
    channel.send_exit_status(0)
    channel.close()


def test_what_is_within_the_limits_comes_whole(hostile: Callable[..., Hostile]) -> None:
    with Link(hostile(lines_of).board()) as link:
        lines = link.stream("true", limits=Limits(2005, 1000))
        assert [len(line) for line in lines if line] == [1000, 1001]
        assert (lines.status, lines.stderr) == (0, "done")
        assert link.run("true", most_bytes=2005).status == 0
        with pytest.raises(FloodError):
            link.run("true", most_bytes=2004)


def no_answer(_server: paramiko.ServerInterface, *_details: object) -> bool:
    time.sleep(60)
    return False


@pytest.mark.parametrize("silent_at", ["check_channel_request", "check_channel_exec_request"])
def test_a_board_that_never_says_whether_a_command_began_is_given_up(
    hostile: Callable[..., Hostile], monkeypatch: pytest.MonkeyPatch, silent_at: str
) -> None:
    one = hostile()
    monkeypatch.setattr(type(one.server), silent_at, no_answer)
    began_s = time.monotonic()
    with Link(one.board()) as link, pytest.raises(UnreachableError):
        link.run("true", limit_s=LIMIT_S)
    assert time.monotonic() - began_s < LATE_S


def test_a_board_that_takes_no_input_is_given_up(hostile: Callable[..., Hostile]) -> None:
    with Link(hostile(silence).board()) as link, pytest.raises(LimitError):
        link.run("true", "plan" * 2**20, limit_s=LIMIT_S)


def slowly(words: bytes) -> Callable[[socket.socket], None]:
    def greet(client: socket.socket) -> None:
        while True:
            client.sendall(words)
            time.sleep(0.01)

    return greet


def at_once(words: bytes) -> Callable[[socket.socket], None]:
    def greet(client: socket.socket) -> None:
        while True:
            client.sendall(words)

    return greet


def first(words: bytes) -> Callable[[socket.socket], None]:
    return lambda client: client.sendall(words)


def giant_packet(client: socket.socket) -> None:
    client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" + struct.pack(">I", 2**32 - 8) + b"\0" * 100)
    at_once(b"\0" * 65536)(client)


def name_and_letters(client: socket.socket) -> None:
    client.sendall(b"SSH-2.0-x\r\n")
    slowly(b"\0")(client)


def disconnects(client: socket.socket) -> None:
    client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    client.close()


GREETINGS: dict[str, Callable[[socket.socket], None]] = {
    "nothing": first(b""),
    "lines without end": slowly(b"welcome\r\n"),
    "a letter now and then": slowly(b"x"),
    "megabytes in one line": at_once(b"x" * 65536),
    "megabytes of lines": at_once(b"welcome\r\n" * 5000),
    "a name and no keys": first(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "a name and letters": name_and_letters,
    "a giant packet": giant_packet,
    "no ssh": first(b"\x1b]0;title\x07HTTP/1.1 200 OK\r\n" * 200),
    "no text": at_once(b"\xff\xfe\r\n"),
    "a parting": disconnects,
}


@pytest.mark.parametrize("kind", GREETINGS)
def test_a_board_that_greets_in_an_odd_way_is_given_up(
    hostile: Callable[..., Hostile], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    # With every 128 bytes paramiko looks through all of a line again.
    monkeypatch.setattr(limited_socket, "IDLE_BYTES", 2**20)
    monkeypatch.setattr(ssh, "CONNECT_LIMIT_S", 1)
    board = hostile(greet=GREETINGS[kind]).board()
    began_s, before_mb = time.monotonic(), peak_mb()
    with pytest.raises(RemoteError, match="pi01") as raised:
        Link(board).open()
    assert len(str(raised.value)) < 1000
    assert time.monotonic() - began_s < LATE_S
    assert peak_mb() - before_mb < 60


def test_a_banner_without_end_at_log_in_is_cut(hostile: Callable[..., Hostile]) -> None:
    one = hostile()

    def banners() -> None:
        for _ in range(2000):
            one.transports[0]._send_message(message(common.cMSG_USERAUTH_BANNER, "b" * 30000, "en"))

    one.on_key = banners
    with pytest.raises(FloodError, match="pi01 sent more than 256 KiB"):
        Link(one.board()).open()


def test_a_board_that_looks_at_a_key_for_ever_is_given_up(
    hostile: Callable[..., Hostile], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh, "LOG_IN_LIMIT_S", 5)
    one = hostile()
    one.on_key = lambda: time.sleep(60)
    with pytest.raises(UnreachableError, match="let nobody in within 5 s"):
        Link(one.board()).open()


def test_a_channel_that_a_board_opens_leads_nowhere(hostile: Callable[..., Hostile]) -> None:
    one = hostile(silence)
    with Link(one.board()), pytest.raises(paramiko.ChannelException):
        one.transports[0].open_forwarded_tcpip_channel(("127.0.0.1", 1), ("127.0.0.1", 22))


def test_what_comes_unasked_between_two_commands_is_bounded(hostile: Callable[..., Hostile]) -> None:
    one = hostile(lines_of)
    with Link(one.board()) as link:
        link.run("true")
        before_mb = peak_mb()
        ignored = message(common.cMSG_IGNORE, "i" * 30000)
        with pytest.raises((OSError, EOFError, paramiko.SSHException)):  # noqa: PT012 (which of them is refused, varies)
            for _ in range(10_000):
                send(one.transports[0], ignored)
        assert peak_mb() - before_mb < 60
        with pytest.raises(RemoteError, match="pi01"):
            link.run("true")


def test_a_conversation_is_bounded_too(hostile: Callable[..., Hostile], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh, "CHANNEL_BYTES", MOST_BYTES)
    with Link(hostile(beyond_the_window).board()) as link:
        channel = link.open_channel("true")
        until_s = time.monotonic() + LATE_S
        while not channel.closed and time.monotonic() < until_s:
            time.sleep(0.02)
        assert len(channel.in_buffer) < 8 * 2**20
        assert channel.closed


@pytest.mark.parametrize("kind", ["silence", "drip", "flood", "beyond the window"])
def test_the_rows_of_the_others_are_there_when_a_hostile_board_has_had_its_time(
    hostile: Callable[..., Hostile], kind: str
) -> None:
    boards = [hostile(KINDS[kind]).board("pi01"), hostile(lines_of).board("pi02")]

    def deed(board: Any) -> Outcome:  # noqa: ANN401
        with Link(board) as link:
            return Outcome(board.name, State.OK, detail=link.run("true", limit_s=LIMIT_S, most_bytes=MOST_BYTES).stderr)

    bad, good = on_all(boards, deed, LATE_S)
    assert not bad.is_ok
    assert good == Outcome("pi02", State.OK, detail="done")


def test_a_program_ends_although_a_board_holds_its_threads(hostile: Callable[..., Hostile]) -> None:
    board = hostile(drip).board()
    way = (board.name, board.address, board.port, board.user, board.key_file, board.known_hosts)
    words = (
        "from fleet.boards.pool import on_all; from fleet.boards.inventory import Board\n"
        "from fleet.boards.ssh import Link\n"
        f"board = Board(*{way})\n"
        "def deed(board):\n with Link(board) as link: link.run('true', limit_s=600)\n"
        "print(on_all([board], deed, 2.0)[0].state)"
    )
    ran = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("timed-out\n", "", 0)


class Endless:
    """A socket that always has more."""

    def __init__(self) -> None:
        self.is_closed = False

    def recv(self, count: int) -> bytes:
        return b"x" * count

    def send(self, content: bytes) -> int:
        return len(content)

    def close(self) -> None:
        self.is_closed = True


def test_a_guard_closes_when_more_came_than_was_allowed() -> None:
    below = Endless()
    guard = LimitedSocket(below)
    lease = guard.begin(10_000, 60.0)
    with pytest.raises(GivenUpError):
        all(guard.recv(4096) for _ in itertools.count())
    assert (guard.fault, below.is_closed) == (LimitFault.MUCH, True)
    guard.end(lease)


def test_a_guard_takes_back_what_was_not_used() -> None:
    guard = LimitedSocket(Endless())
    for _ in range(1000):
        guard.end(guard.begin(2**20, 60.0))
    with pytest.raises(GivenUpError):
        all(guard.recv(65536) for _ in range(5 * 16))


def test_a_guard_that_waited_too_long_neither_reads_nor_writes() -> None:
    guard = LimitedSocket(Endless())
    guard.begin(100, -1.0)
    with pytest.raises(GivenUpError):
        guard.recv(1)
    with pytest.raises(GivenUpError):
        guard.send(b"x")
    assert guard.fault is LimitFault.LATE


def test_a_packet_that_no_ssh_sends_is_refused_before_there_is_room_made_for_it() -> None:
    with pytest.raises(GivenUpError):
        LimitedSocket(Endless()).recv(LONGEST_PACKET_BYTES + 1)


def test_threads_of_hostile_boards_end(hostile: Callable[..., Hostile]) -> None:
    board = hostile(drip).board()
    before = set(threading.enumerate())
    with pytest.raises(LimitError), Link(board) as link:
        link.run("true", limit_s=LIMIT_S)
    ours = [each for each in set(threading.enumerate()) - before if "Hostile" not in repr(each)]
    clients = [each for each in ours if isinstance(each, paramiko.Transport) and not each.server_mode]
    for each in clients:
        each.join(LATE_S)
    assert not any(each.is_alive() for each in clients)
