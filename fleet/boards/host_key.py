"""Which host key a computer has: asked of its sshd, which signs with it, before anybody logs in."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from paramiko import ProxyCommand, Transport

from fleet.boards import login
from fleet.boards.limited_socket import LimitedSocket

if TYPE_CHECKING:
    from fleet.boards.inventory import Board

CONNECT_LIMIT_S = 4.0
EXCHANGE_LIMIT_S = 10.0
TIMEOUTS = login.Timeouts(CONNECT_LIMIT_S, EXCHANGE_LIMIT_S)


def ask(board: Board) -> str:
    """Return the key, "ssh-ed25519 AAAA..." unless the computer has none of that kind; RemoteError if it shows none.

    A public key is no secret, and whoever copied one can show it. What is returned here signed the exchange of this
    very connection (RFC 4253, 8), so the computer has the private half; ssh-keyscan ends before that.
    """
    guard: LimitedSocket | None = None
    with login.explained(board, lambda: guard, TIMEOUTS):
        guard = LimitedSocket(_socket(board))
        guard.begin(login.LOG_IN_BYTES, EXCHANGE_LIMIT_S)
        try:
            return _exchanged(guard)
        finally:
            guard.close()


def _socket(board: Board) -> Any:  # noqa: ANN401 (a socket, or a program that stands for one)
    if board.gateway:
        return ProxyCommand(board.gateway)
    return socket.create_connection((board.address, board.port), timeout=CONNECT_LIMIT_S)


def _exchanged(guard: LimitedSocket) -> str:
    transport = Transport(guard)
    try:
        options = transport.get_security_options()
        options.key_types = sorted(options.key_types, key=lambda kind: kind != "ssh-ed25519")
        transport.banner_timeout = CONNECT_LIMIT_S
        transport.start_client(timeout=EXCHANGE_LIMIT_S)
        key = transport.get_remote_server_key()
        return f"{key.get_name()} {key.get_base64()}"
    finally:
        with suppress(Exception):  # whatever saying good-bye raises, it is over
            transport.close()
