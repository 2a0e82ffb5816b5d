"""Which key a computer has: asked of a real sshd, of one that shows a key that is not its own, and of nobody."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import paramiko
import pytest

from fleet.boards import host_key
from fleet.boards.inventory import Board
from fleet.errors import FloodError, RemoteError, UnreachableError
from tests.unit.fleet_sshd import free_port, make_key, public

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.unit.fleet_sshd import Sshd


def at(port: int) -> Board:
    return Board("127.0.0.1", "127.0.0.1", port)


@contextmanager
def served(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Somebody on a port of this computer who does what a test wants of each connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listening.accept()
                    threading.Thread(target=quietly, args=(client,), daemon=True).start()

        def quietly(client: socket.socket) -> None:
            with suppress(OSError, EOFError, paramiko.SSHException), client:
                serve(client)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def test_the_key_of_a_computer_is_that_of_its_sshd(sshd: Sshd) -> None:
    assert host_key.ask(at(sshd.port)) == public(sshd.host_key)


class Liar(paramiko.Ed25519Key):  # type: ignore[misc] # paramiko has no types
    """A key of which only the public half is there: it shows that of a board, and signs with its own."""

    shown: bytes

    def asbytes(self) -> bytes:
        return self.shown


def test_whoever_has_only_copied_a_public_key_has_no_key(sshd: Sshd, tmp_path: Path) -> None:
    """ssh-keyscan takes such a key at its word."""
    liar = Liar.from_private_key_file(str(make_key(tmp_path / "own")))
    liar.shown = paramiko.PKey.from_path(sshd.host_key).asbytes()

    def serve(client: socket.socket) -> None:
        transport = paramiko.Transport(client)
        transport.add_server_key(liar)
        transport.start_server(threading.Event(), paramiko.ServerInterface())
        transport.join(30)

    with served(serve) as port:
        scan = ["ssh-keyscan", "-t", "ed25519", "-T", "20", "-p", str(port), "127.0.0.1"]
        believed = subprocess.run(scan, capture_output=True, text=True, check=False, timeout=60).stdout
        assert public(sshd.host_key) in believed
        with pytest.raises(UnreachableError, match=r"^ssh to "):
            host_key.ask(at(port))


def flood(client: socket.socket) -> None:
    client.sendall(b"SSH-2.0-x\r\n")
    while True:
        client.sendall(b"\x00\x00\x80\x00" + b"\x00" * 32768)


def drip(client: socket.socket) -> None:
    while True:
        client.sendall(b"x\r\n")
        time.sleep(0.1)


@pytest.mark.parametrize("serve", [flood, drip, lambda client: client.sendall(b"HTTP/1.1 400 \x1b[2J\r\n\r\n")])
def test_whoever_speaks_no_ssh_is_given_up_soon(
    monkeypatch: pytest.MonkeyPatch, serve: Callable[[socket.socket], None]
) -> None:
    monkeypatch.setattr(host_key, "CONNECT_LIMIT_S", 1.0)
    monkeypatch.setattr(host_key, "EXCHANGE_LIMIT_S", 2.0)
    with served(serve) as port, pytest.raises(RemoteError):
        host_key.ask(at(port))


def test_what_is_too_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet.boards.login.LOG_IN_BYTES", 1024)
    with served(flood) as port, pytest.raises((FloodError, UnreachableError)):
        host_key.ask(at(port))


def test_a_door_that_is_shut_is_told() -> None:
    with pytest.raises(UnreachableError, match="refuses ssh on port"):
        host_key.ask(at(free_port()))
