"""Speaking to a board over ssh; the only file that knows fabric. What goes wrong becomes one sentence with the fix."""

from __future__ import annotations

import errno
import logging
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from fabric import Config, Connection
from paramiko import AuthenticationException, BadHostKeyException, PKey, SSHException
from paramiko.ssh_exception import NoValidConnectionsError, PasswordRequiredException

from fleet import sentences
from fleet.errors import LimitError, RefusedError, RemoteError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from paramiko import Channel, Transport

    from fleet.inventory import Board

CONNECT_LIMIT_S = 8
# A board that answers and is busy on all processors takes its time to check a key.
LOG_IN_LIMIT_S = 30
COMMAND_LIMIT_S = 30.0
TICK_S = 0.2
CHUNK_BYTES = 65536
# A board that lost power or its cable sends nothing more: the kernel gives the connection up after this long.
DEAD_AFTER_MS = 15_000
KEEPALIVE_S = 5
NO_STATUS = -1
ONESELF = "127.0.0.1"

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
    """One connection to one board; every wait has a limit, every failure is a RemoteError."""

    def __init__(self, board: Board, sudo_password: str = "") -> None:
        self.board = board
        self._sudo_password = sudo_password
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def open(self) -> None:
        """Connect, if the board is the one that we know and takes our key."""
        self.close()
        try:
            with _explained(self.board):
                self._connection = _connection(self.board)
                self._connection.open()
                _give_up_early(self._connection.transport)
        except RemoteError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the board."""
        if self._connection is not None:
            # fabric closes only what it believes to be connected; what failed half-way has a socket and a thread too.
            self._connection.client.close()
            self._connection = None

    @property
    def has_sudo_password(self) -> bool:
        """Tell whether somebody gave a password for sudo."""
        return bool(self._sudo_password)

    def run(self, command: str, stdin: str = "", limit_s: float = COMMAND_LIMIT_S) -> Answer:
        """Run a command to its end."""
        stream = self.stream(command, stdin)
        said = b"".join(_until(stream, time.monotonic() + limit_s, f"{self.board.name} took longer than {limit_s:g} s"))
        if stream.status == NO_STATUS:
            raise UnreachableError(sentences.lost(self.board))
        return Answer(stream.status, said.decode(errors="replace"), stream.complaint)

    def sudo(self, command: str, stdin: str = "", limit_s: float = COMMAND_LIMIT_S) -> Answer:
        """Run a command as root."""
        if not self._sudo_password:
            return self.run(f"sudo -n {command}", stdin, limit_s)
        # -k: asks for the password in any case, so that it never ends up in the command's own input.
        return self.run(f"sudo -k -S -p '' {command}", f"{self._sudo_password}\n{stdin}", limit_s)

    def stream(self, command: str, stdin: str = "") -> Stream:
        """Start a command whose lines are read as they come."""
        with _explained(self.board):
            if self._connection is None:
                raise UnreachableError(sentences.lost(self.board))
            channel = self._connection.create_session()
            channel.settimeout(CONNECT_LIMIT_S)
            channel.exec_command(command)
            channel.sendall(stdin.encode())
            channel.shutdown_write()
            channel.settimeout(TICK_S)
            return Stream(channel)

    def talk(self, command: str, *, as_root: bool = False) -> Channel:
        """Start a command that is spoken with; its words are waited for no longer than a moment."""
        with _explained(self.board):
            channel = self._there().open_session(timeout=CONNECT_LIMIT_S)
            channel.exec_command(f"sudo -n {command}" if as_root else command)
            channel.settimeout(TICK_S)
            return channel

    def listen(self, ports: Sequence[int], answer: Callable[[Channel, int], None]) -> None:
        """Have the board itself, and nobody else, reach us at ports of 127.0.0.1; answer must not wait."""
        with _explained(self.board):
            transport = self._there()
            for port in ports:
                transport.request_port_forward(ONESELF, port, lambda channel, _from, to: answer(channel, to[1]))

    def dial(self, port: int) -> Channel:
        """Reach a port that a board has only for itself, 127.0.0.1."""
        with _explained(self.board):
            return self._there().open_channel("direct-tcpip", (ONESELF, port), (ONESELF, 0), timeout=CONNECT_LIMIT_S)

    def _there(self) -> Transport:
        if self._connection is None:
            raise UnreachableError(sentences.lost(self.board))
        return self._connection.transport


class Stream:
    """The output of a command that runs: whole lines, and nothing (b"") each time a moment passed without any."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self.status = NO_STATUS
        self.complaint = ""

    def __iter__(self) -> Iterator[bytes]:
        begun = b""
        while (chunk := self._receive()) is not None:
            *lines, begun = (begun + chunk).split(b"\n")
            yield from (line + b"\n" for line in lines)
            if not chunk:
                yield b""
        if begun:
            yield begun
        self._end()

    def _receive(self) -> bytes | None:
        """Return what came, nothing after a moment of silence, None at the end."""
        try:
            return self._channel.recv(CHUNK_BYTES) or None
        except TimeoutError:
            return b""

    def _end(self) -> None:
        """Ask how the command ended; a connection that broke does not know."""
        if self._channel.status_event.wait(COMMAND_LIMIT_S):
            self.status = self._channel.exit_status
        words = self._channel.makefile_stderr("rb").read() if self.status != NO_STATUS else b""
        self.complaint = words.decode(errors="replace").strip()
        self._channel.close()

    def close(self) -> None:
        """Stop listening."""
        self._channel.close()


def _until(stream: Stream, limit_s: float, complaint: str) -> Iterator[bytes]:
    for line in stream:
        if time.monotonic() > limit_s:
            stream.close()
            raise LimitError(f"{complaint}, which is its limit; look at it, or switch it off and on.")
        yield line


def _connection(board: Board) -> Connection:
    connection = Connection(
        board.address,
        user=board.user or None,
        port=board.port,
        config=Config(),
        connect_timeout=CONNECT_LIMIT_S,
        connect_kwargs={
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


def _give_up_early(transport: Transport) -> None:
    """Have the kernel notice within seconds that nobody is there any more; by itself it waits a quarter of an hour."""
    sock = transport.sock
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER_MS)


@contextmanager
def _explained(board: Board) -> Iterator[None]:
    """Turn whatever ssh and the network complain about into a sentence."""
    try:
        yield
    except RemoteError:
        raise
    except BadHostKeyException as error:
        raise RefusedError(sentences.changed_host_key(board)) from error
    except AuthenticationException as error:
        # paramiko has no class of its own for a log-in that took too long.
        if "timeout" in str(error):
            raise UnreachableError(sentences.slow_log_in(board, LOG_IN_LIMIT_S)) from error
        raise RefusedError(sentences.refused_key(board)) from error
    except (OSError, EOFError, SSHException) as error:
        raise UnreachableError(_absence(board, error)) from error


def _absence(board: Board, error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return sentences.unknown_name(board)
    if isinstance(error, TimeoutError):
        return sentences.silent(board, CONNECT_LIMIT_S)
    if isinstance(error, NoValidConnectionsError):
        numbers = {each.errno for each in error.errors.values()}
        return sentences.no_ssh(board) if errno.ECONNREFUSED in numbers else sentences.absent(board)
    return sentences.broken(board, error)
