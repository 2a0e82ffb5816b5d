"""A board that means harm: an ssh server on loopback that lets anybody in and then does what a test wants of it."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import paramiko
from paramiko import common

from fleet.boards.inventory import Board
from tests.unit.fleet_sshd import make_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Deed = Callable[[Any, str], None]

AFTERWARDS_S = 20.0
# paramiko answers that it takes a command only after it has handed it to us.
ANSWER_S = 0.2


class Server(paramiko.ServerInterface):  # type: ignore[misc] # paramiko has no types
    """Takes every key and every command; remembers what it was asked for."""

    def __init__(self, deed: Deed, on_key: Callable[[], None]) -> None:
        self.deed = deed
        self._on_key = on_key
        self.commands: list[str] = []
        self.forwarded: list[str] = []

    def get_allowed_auths(self, _user: str) -> str:
        return "publickey"

    def check_auth_publickey(self, _user: str, _key: paramiko.PKey) -> int:
        self._on_key()
        return int(paramiko.AUTH_SUCCESSFUL)

    def check_channel_request(self, _kind: str, _number: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def check_channel_forward_agent_request(self, _channel: paramiko.Channel) -> bool:
        self.forwarded.append("agent")
        return True

    def check_channel_x11_request(self, *_details: object) -> bool:
        self.forwarded.append("x11")
        return True

    def check_port_forward_request(self, _address: str, port: int) -> int:
        return port

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.commands.append(command.decode())
        threading.Thread(target=self._serve, args=(channel, command.decode()), daemon=True).start()
        return True

    def _serve(self, channel: paramiko.Channel, command: str) -> None:
        time.sleep(ANSWER_S)
        with suppress(OSError, EOFError, paramiko.SSHException):
            self.deed(channel, command)


class Hostile:
    """One such board, until `close`; with `greet`, what happens on the bare connection instead of any ssh."""

    def __init__(self, folder: Path, deed: Deed, greet: Callable[[socket.socket], None] | None = None) -> None:
        folder.mkdir()
        self.folder = folder
        self.over = threading.Event()
        self.on_key: Callable[[], None] = _nothing
        self.transports: list[paramiko.Transport] = []
        self.server = Server(deed, self._look_at_key)
        self._greet = greet
        self._host_key = paramiko.PKey.from_path(make_key(folder / "host"))
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._clients: list[socket.socket] = []
        self.port = self._listening.getsockname()[1]
        known = f"[127.0.0.1]:{self.port} {self._host_key.get_name()} {self._host_key.get_base64()}\n"
        (folder / "known_hosts").write_text(known, encoding="ascii")
        make_key(folder / "key")
        threading.Thread(target=self._listen, daemon=True).start()

    def board(self, name: str = "pi01") -> Board:
        """Return it as the inventory would give it."""
        return Board(name, "127.0.0.1", self.port, "pupil", str(self.folder / "key"), str(self.folder / "known_hosts"))

    def _look_at_key(self) -> None:
        self.on_key()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._clients.append(client)
                target = self._greeted if self._greet else self._speak
                threading.Thread(target=target, args=(client,), daemon=True).start()

    def _greeted(self, client: socket.socket) -> None:
        with suppress(OSError):
            assert self._greet
            self._greet(client)
            self.over.wait(AFTERWARDS_S)

    def _speak(self, client: socket.socket) -> None:
        transport = paramiko.Transport(client)
        transport.add_server_key(self._host_key)
        self.transports.append(transport)
        with suppress(OSError, EOFError, paramiko.SSHException):
            transport.start_server(threading.Event(), self.server)

    def close(self) -> None:
        """Be gone."""
        self.over.set()
        self._listening.shutdown(socket.SHUT_RDWR)  # whoever waits for somebody to come does not notice a close
        self._listening.close()
        for transport in self.transports:
            transport.close()
        for client in self._clients:
            client.close()


def _nothing() -> None:
    """What happens when a key is looked at, unless a test wants something else."""


def message(*parts: bytes | int | str) -> paramiko.Message:
    """Put a message together: bytes as they are, numbers in four bytes, words with their length before them."""
    made = paramiko.Message()
    for part in parts:
        if isinstance(part, bytes):
            made.add_bytes(part)
        elif isinstance(part, int):
            made.add_int(part)
        else:
            made.add_string(part)
    return made


def send(transport: paramiko.Transport, words: paramiko.Message) -> None:
    """Send it past all of paramiko's care; EOFError once nobody is there, of which paramiko itself says nothing."""
    if not transport.active:
        raise EOFError
    transport._send_user_message(words)


def stderr(channel: Any, size_bytes: int) -> paramiko.Message:  # noqa: ANN401 (paramiko has no types)
    """Write so much on stderr, whatever window the other side gave."""
    return message(common.cMSG_CHANNEL_EXTENDED_DATA, channel.remote_chanid, 1, "e" * size_bytes)


def stdout(channel: Any, size_bytes: int) -> paramiko.Message:  # noqa: ANN401 (paramiko has no types)
    """Write so much on stdout, whatever window the other side gave."""
    return message(common.cMSG_CHANNEL_DATA, channel.remote_chanid, "o" * size_bytes)
