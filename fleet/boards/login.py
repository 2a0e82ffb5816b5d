"""The way into a board: its host key, our key, and what stands between, each said in a sentence if it fails."""

from __future__ import annotations

import base64
import errno
import logging
import socket
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fabric import Config, Connection
from paramiko import AuthenticationException, BadAuthenticationType, BadHostKeyException, PKey, SSHException
from paramiko.ssh_exception import NoValidConnectionsError, PasswordRequiredException

from fleet.boards import known_keys, messages
from fleet.boards.inventory import SSH_PORT
from fleet.boards.limited_socket import LimitFault
from fleet.errors import FloodError, OtherKeyError, RefusedError, RemoteError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from paramiko import Transport

    from fleet.boards.inventory import Board
    from fleet.boards.limited_socket import LimitedSocket

# Keys, their exchange, and a banner of the kind that people write.
LOG_IN_BYTES = 256 * 1024
# A board that lost power or its cable sends nothing more: the kernel gives the connection up after this long.
DEAD_AFTER_MS = 15_000
KEEPALIVE_S = 5
ABSENT = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN})

# Without a handler, Python itself would print paramiko's tracebacks.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Timeouts:
    """How long a board may take to answer, and then to look at our key."""

    connect_s: float
    log_in_s: float


class KnownOnly:
    """paramiko's policy for a board whose host key nobody has looked at: refused; fabric's own would take any."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def missing_host_key(self, *_circumstances: object) -> None:
        """Refuse: always RefusedError."""
        raise RefusedError(messages.unknown_host_key(self._board))


def connection(board: Board, guarded: Callable[..., Transport], timeouts: Timeouts, password: str = "") -> Connection:
    """Return a connection that is still to be opened, with a password or our key; RefusedError if that is unusable."""
    made = Connection(
        board.address,
        user=board.user or None,
        port=board.port,
        config=Config(),
        gateway=board.gateway or None,
        # Whatever ~/.ssh/config says: who is root on the board could use the teacher's keys as long as we are there.
        forward_agent=False,
        connect_timeout=timeouts.connect_s,
        connect_kwargs={
            "transport_factory": guarded,
            **_ways_in(board, password),
            "banner_timeout": timeouts.connect_s,
            "auth_timeout": timeouts.log_in_s,
            "channel_timeout": timeouts.connect_s,
        },
    )
    made.client.set_missing_host_key_policy(KnownOnly(board))
    _know(made, board)
    return made


def _ways_in(board: Board, password: str) -> dict[str, Any]:
    """Say with what we log in; beside a password nothing else, for a board lets nobody try for ever."""
    if password:
        return {"password": password, "allow_agent": False, "look_for_keys": False}
    return {"pkey": _key(board), "allow_agent": not board.key_file, "look_for_keys": not board.key_file}


def _know(made: Connection, board: Board) -> None:
    """Have paramiko, which looks a board up by its address, find the key that is written down under its name."""
    known_hosts = Path(board.known_hosts).expanduser()
    if not board.key_alias:
        if known_hosts.exists():
            made.client.load_host_keys(str(known_hosts))
        return
    looked_up = made.host if made.port == SSH_PORT else f"[{made.host}]:{made.port}"
    for key in known_keys.keys_in(known_hosts, board.key_alias):
        kind, text = key.split()
        made.client.get_host_keys().add(looked_up, kind, PKey.from_type_string(kind, base64.b64decode(text)))


def close(made: Connection) -> None:
    """Close a connection and what stands between; fabric closes only what it believes to be connected, and no jump.

    What failed half-way has a socket and a thread too.
    """
    transport = made.client.get_transport()
    with suppress(Exception):  # paramiko says good-bye; whatever that raises, the connection is over
        made.client.close()
    proxy = getattr(transport.sock, "process", None) if transport else None
    if proxy:
        proxy.kill()
        proxy.communicate()
    if isinstance(made.gateway, Connection):
        close(made.gateway)


def _key(board: Board) -> PKey | None:
    """Read the key that the inventory names; paramiko would mix up "refused" and "cannot be read"."""
    if not board.key_file:
        return None
    path = Path(board.key_file).expanduser()
    try:
        return PKey.from_path(path)
    except (PasswordRequiredException, TypeError) as error:
        raise RefusedError(messages.locked_key(board)) from error
    except (OSError, SSHException, ValueError) as error:
        raise RefusedError(messages.unreadable_key(board, error)) from error


def give_up_early(sock: Any) -> None:  # noqa: ANN401 (a guard, which stands for what is below it)
    """Have the kernel notice within seconds that nobody is there any more; by itself it waits a quarter of an hour."""
    if not sock.is_network:  # behind a ProxyCommand or ProxyJump, that is for them to notice
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_AFTER_MS)


@contextmanager
def explained(
    board: Board, guard: Callable[[], LimitedSocket | None], timeouts: Timeouts, *, with_password: bool = False
) -> Iterator[None]:
    """Turn whatever ssh and the network complain about into a sentence."""
    try:
        yield
    except RemoteError:
        raise
    except Exception as error:
        # paramiko hands on whatever its reading of a message raised: KeyError, ValueError, struct.error and others.
        there = guard()
        if with_password and isinstance(error, AuthenticationException) and "timeout" not in str(error):
            raise _refused_password(board, error) from error
        raise _reason(board, error, there.fault if there else None, timeouts) from error


def _reason(board: Board, error: Exception, fault: LimitFault | None, timeouts: Timeouts) -> RemoteError:
    if fault is LimitFault.MUCH:
        return FloodError(messages.too_much(board, LOG_IN_BYTES))
    if isinstance(error, BadHostKeyException):
        return OtherKeyError(messages.changed_host_key(board, f"{error.key.get_name()} {error.key.get_base64()}"))
    # paramiko has no class of its own for a log-in that took too long.
    if fault is LimitFault.LATE or (isinstance(error, AuthenticationException) and "timeout" in str(error)):
        return UnreachableError(messages.slow_log_in(board, timeouts.log_in_s))
    if isinstance(error, AuthenticationException):
        return RefusedError(messages.refused_key(board))
    return UnreachableError(_absence(board, error, timeouts.connect_s))


def _refused_password(board: Board, error: AuthenticationException) -> RefusedError:
    # paramiko tries both of ssh's ways to ask for a password before it says so.
    is_closed = isinstance(error, BadAuthenticationType)
    return RefusedError(messages.no_passwords(board) if is_closed else messages.refused_password(board))


def _absence(board: Board, error: Exception, limit_s: float) -> str:
    if isinstance(error, socket.gaierror):
        return messages.unknown_name(board)
    # So paramiko says that no session came about in the time it was given.
    if isinstance(error, TimeoutError) or "No existing session" in str(error):
        return messages.silent(board, limit_s)
    # What paramiko tried at several addresses, or we at one.
    tried = error.errors.values() if isinstance(error, NoValidConnectionsError) else [error]
    numbers = {getattr(each, "errno", None) for each in tried}
    if errno.ECONNREFUSED in numbers:
        return messages.no_ssh(board)
    return messages.absent(board) if numbers & ABSENT else messages.broken(board, error)
