"""Speaking to a board over ssh; the only file that knows fabric. What goes wrong becomes one sentence with the fix."""

from __future__ import annotations

import errno
import logging
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from fabric import Config, Connection
from paramiko import AuthenticationException, BadHostKeyException, PKey, SSHException, Transport
from paramiko.ssh_exception import NoValidConnectionsError, PasswordRequiredException

from fleet import sentences
from fleet.errors import FloodError, LimitError, RefusedError, RemoteError, UnreachableError
from fleet.guard import Fault, Guard
from fleet.stream import NO_STATUS, Limits, Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from paramiko import Channel

    from fleet.inventory import Board

CONNECT_LIMIT_S = 8
# A board that answers and is busy on all processors takes its time to check a key.
LOG_IN_LIMIT_S = 30
# Keys, their exchange, and a banner of the kind that people write.
LOG_IN_BYTES = 256 * 1024
COMMAND_LIMIT_S = 30.0
TICK_S = 0.2
# Most commands answer in a few lines.
MOST_BYTES = 4 * 2**20
# The protocol's own words beside what a command prints: a twentieth in the smallest packets that OpenSSH sends.
BESIDE_BYTES = 2**20
# Ten times what a conversation over an hour needs.
TALK_BYTES = 64 * 2**20
# What waits inside paramiko is ended from outside, once it should have ended by itself.
GRACE_S = 2.0
# A board that lost power or its cable sends nothing more: the kernel gives the connection up after this long.
DEAD_AFTER_MS = 15_000
KEEPALIVE_S = 5
ONESELF = "127.0.0.1"
# sudo speaks the language of the board otherwise, and what it wants would not be understood.
SUDO = "LC_ALL=C.UTF-8 sudo"
PASSWORD_WANTED = "password is required"  # noqa: S105 (what sudo says)

ONE_ANSWER = Limits(MOST_BYTES, MOST_BYTES)

# Without a handler, Python itself would print paramiko's tracebacks.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class KnownOnly:
    """paramiko's policy for a board whose host key nobody has looked at: refused; fabric's own would take any."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def missing_host_key(self, *_circumstances: object) -> None:
        """Refuse."""
        raise RefusedError(sentences.unknown_host_key(self._board))


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it said."""

    status: int
    stdout: str
    stderr: str


class Link:
    """One connection to one board; every wait and every answer has a limit, every failure is a RemoteError."""

    def __init__(self, board: Board, sudo_password: str = "") -> None:
        self.board = board
        self._sudo_password = sudo_password
        self._asked_for_password = False
        self._connection: Connection | None = None
        self._guard: Guard | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def open(self) -> None:
        """Connect, if the board is the one that we know and takes our key."""
        self.close()
        self._guard = None
        try:
            with _explained(self.board, lambda: self._guard):
                self._connection = _connection(self.board, self._guarded)
                self._connection.open()
                _give_up_early(self._connection.transport.sock)
        except RemoteError:
            self.close()
            raise
        if self._guard:
            self._guard.end_all()

    def _guarded(self, sock: Any, **options: Any) -> Transport:  # noqa: ANN401 (as paramiko calls it)
        """Have paramiko speak through a guard; logging in is the first thing that it allows."""
        self._guard = Guard(sock)
        self._guard.begin(LOG_IN_BYTES, LOG_IN_LIMIT_S + 2 * CONNECT_LIMIT_S)
        return Transport(self._guard, **options)

    def close(self) -> None:
        """Let go of the board."""
        if self._connection is not None:
            # fabric closes only what it believes to be connected; what failed half-way has a socket and a thread too.
            with suppress(Exception):  # paramiko says good-bye; whatever that raises, the connection is over
                self._connection.client.close()
            self._connection = None

    @property
    def has_sudo_password(self) -> bool:
        """Tell whether somebody gave a password for sudo."""
        return bool(self._sudo_password)

    def run(
        self, command: str, stdin: str = "", limit_s: float = COMMAND_LIMIT_S, most_bytes: int = MOST_BYTES
    ) -> Answer:
        """Run a command to its end; LimitError or FloodError if that takes too long or is too much."""
        stream = self.stream(command, stdin, Limits(most_bytes, most_bytes, limit_s))
        said = b"".join(stream.chunks())
        if stream.status == NO_STATUS:
            raise self._broken(limit_s, most_bytes)
        return Answer(stream.status, said.decode(errors="replace"), stream.complaint)

    def _broken(self, limit_s: float, most_bytes: int) -> RemoteError:
        """Say why a command has no end."""
        match self._guard.fault if self._guard else None:
            case Fault.LATE:
                return LimitError(sentences.too_long(self.board, limit_s))
            case Fault.MUCH:
                return FloodError(sentences.too_much(self.board, most_bytes))
        return UnreachableError(sentences.lost(self.board))

    def sudo(
        self, command: str, stdin: str = "", limit_s: float = COMMAND_LIMIT_S, most_bytes: int = MOST_BYTES
    ) -> Answer:
        """Run a command as root; the password goes only to a board whose sudo has refused to do without it."""
        if not self._asked_for_password:
            answer = self.run(f"{SUDO} -n {command}", stdin, limit_s, most_bytes)
            if not self._wants_password(answer):
                return answer
        return self.run(_with_password(command), f"{self._sudo_password}\n{stdin}", limit_s, most_bytes)

    def _wants_password(self, answer: Answer) -> bool:
        """Remember what a board once asked for."""
        is_refused = answer.status != 0 and PASSWORD_WANTED in answer.stderr
        self._asked_for_password = self.has_sudo_password and is_refused
        return self._asked_for_password

    def stream(self, command: str, stdin: str = "", limits: Limits = ONE_ANSWER) -> Stream:
        """Start a command whose lines are read as they come."""
        most_bytes = limits.most_bytes + limits.most_bytes // 20 + BESIDE_BYTES
        with self._leased(most_bytes, limits.limit_s) as let_go:
            channel = self._session(command)
            _hand_over(channel, stdin)
            channel.settimeout(TICK_S)
        return Stream(self.board, channel, limits, let_go)

    def _session(self, command: str) -> Channel:
        channel = self._there().open_session(timeout=CONNECT_LIMIT_S)
        channel.settimeout(CONNECT_LIMIT_S)
        channel.exec_command(command)
        return channel

    def talk(self, command: str, *, as_root: bool = False) -> Channel:
        """Start a command that is spoken with; its words are waited for no longer than a moment.

        Reading from it is for the caller to limit in time and in the length of a line; in all it gets TALK_BYTES.
        """
        needs_password = as_root and (self._asked_for_password or self._wants_password(self.run(f"{SUDO} -n true")))
        whole = _with_password(command) if needs_password else f"{SUDO} -n {command}" if as_root else command
        with self._leased(TALK_BYTES):
            channel = self._session(whole)
            if needs_password:
                channel.sendall(f"{self._sudo_password}\n".encode())
            channel.settimeout(TICK_S)
            return channel

    def listen(self, ports: Sequence[int], answer: Callable[[Channel, int], None]) -> None:
        """Have the board itself, and nobody else, reach us at ports of 127.0.0.1; answer must not wait."""

        def take(channel: Channel, _from: object, to: tuple[str, int]) -> None:
            if to[1] in ports:
                answer(channel, to[1])
            else:
                channel.close()

        with self._leased(TALK_BYTES):
            for port in ports:
                self._there().request_port_forward(ONESELF, port, take)

    def dial(self, port: int) -> Channel:
        """Reach a port that a board has only for itself, 127.0.0.1."""
        with self._leased(TALK_BYTES):
            return self._there().open_channel("direct-tcpip", (ONESELF, port), (ONESELF, 0), timeout=CONNECT_LIMIT_S)

    @contextmanager
    def _leased(self, most_bytes: int, limit_s: float = float("inf")) -> Iterator[Callable[[], None]]:
        """Allow a board so much, until it is let go; beginning must not take long."""
        guard = self._guarding()
        lease = guard.begin(most_bytes, CONNECT_LIMIT_S + GRACE_S)
        try:
            with _explained(self.board, lambda: guard):
                yield partial(guard.end, lease)
        except RemoteError:
            guard.end(lease)
            raise
        lease.until_s = time.monotonic() + limit_s + GRACE_S

    def _guarding(self) -> Guard:
        if self._guard is None:
            raise UnreachableError(sentences.lost(self.board))
        return self._guard

    def _there(self) -> Transport:
        if self._connection is None:
            raise UnreachableError(sentences.lost(self.board))
        return self._connection.transport


def _with_password(command: str) -> str:
    """Write a command for root that begins with reading a password.

    -k: it asks in any case, so that the password never ends up in the command's own input.
    """
    return f"{SUDO} -k -S -p '' {command}"


def _hand_over(channel: Channel, stdin: str) -> None:
    """Give a command its input; one that ended without reading it says why in its own words."""
    with suppress(OSError):
        channel.sendall(stdin.encode())
        channel.shutdown_write()


def _connection(board: Board, guarded: Callable[..., Transport]) -> Connection:
    connection = Connection(
        board.address,
        user=board.user or None,
        port=board.port,
        config=Config(),
        # Whatever ~/.ssh/config says: who is root on the board could use the teacher's keys as long as we are there.
        forward_agent=False,
        connect_timeout=CONNECT_LIMIT_S,
        connect_kwargs={
            "transport_factory": guarded,
            "pkey": _key(board),
            "allow_agent": not board.key_file,
            "look_for_keys": not board.key_file,
            "banner_timeout": CONNECT_LIMIT_S,
            "auth_timeout": LOG_IN_LIMIT_S,
            "channel_timeout": CONNECT_LIMIT_S,
        },
    )
    connection.client.set_missing_host_key_policy(KnownOnly(board))
    known_hosts = Path(board.known_hosts).expanduser()
    if known_hosts.exists():
        connection.client.load_host_keys(str(known_hosts))
    return connection


def _key(board: Board) -> PKey | None:
    """Read the key that the inventory names; paramiko would mix up "refused" and "cannot be read"."""
    if not board.key_file:
        return None
    path = Path(board.key_file).expanduser()
    try:
        return PKey.from_path(path)
    except (PasswordRequiredException, TypeError) as error:
        raise RefusedError(sentences.locked_key(board)) from error
    except (OSError, SSHException, ValueError) as error:
        raise RefusedError(sentences.unreadable_key(board, error)) from error


def _give_up_early(sock: Any) -> None:  # noqa: ANN401 (a guard, which stands for what is below it)
    """Have the kernel notice within seconds that nobody is there any more; by itself it waits a quarter of an hour."""
    if not sock.is_network:  # behind a ProxyCommand or ProxyJump, that is for them to notice
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER_MS)


@contextmanager
def _explained(board: Board, guard: Callable[[], Guard | None]) -> Iterator[None]:
    """Turn whatever ssh and the network complain about into a sentence."""
    try:
        yield
    except RemoteError:
        raise
    except Exception as error:
        # paramiko hands on whatever its reading of a message raised: KeyError, ValueError, struct.error and others.
        there = guard()
        raise _reason(board, error, there.fault if there else None) from error


def _reason(board: Board, error: Exception, fault: Fault | None) -> RemoteError:
    if fault is Fault.MUCH:
        return FloodError(sentences.too_much(board, LOG_IN_BYTES))
    if isinstance(error, BadHostKeyException):
        return RefusedError(sentences.changed_host_key(board))
    # paramiko has no class of its own for a log-in that took too long.
    if fault is Fault.LATE or (isinstance(error, AuthenticationException) and "timeout" in str(error)):
        return UnreachableError(sentences.slow_log_in(board, LOG_IN_LIMIT_S))
    if isinstance(error, AuthenticationException):
        return RefusedError(sentences.refused_key(board))
    return UnreachableError(_absence(board, error))


def _absence(board: Board, error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return sentences.unknown_name(board)
    # So paramiko says that no session came about in the time it was given.
    if isinstance(error, TimeoutError) or "No existing session" in str(error):
        return sentences.silent(board, CONNECT_LIMIT_S)
    if isinstance(error, NoValidConnectionsError):
        numbers = {each.errno for each in error.errors.values()}
        return sentences.no_ssh(board) if errno.ECONNREFUSED in numbers else sentences.absent(board)
    return sentences.broken(board, error)
