"""`status`, `metrics` and `snapshot`: asks the agent that runs on this board."""

from __future__ import annotations

import base64
import sys
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from socket import AF_UNIX, SOCK_STREAM, socket
from typing import TYPE_CHECKING

from agent.errors import NobodyError, StatusError

if TYPE_CHECKING:
    import argparse

SOCKET = Path("/run/pilab-agent/status.sock")
LIMIT_S = 15.0
MOST_WORDS = 500
# A JPEG of the largest frame that the settings allow has less.
MOST_BYTES = 32 * 2**20
LONGEST_BLINK_S = 600
FINE = 200
PATHS = {"status": "/status", "metrics": "/metrics", "snapshot": "/snapshot.jpg"}
HELP = {
    "status": "tell how the agent on this board is, in JSON",
    "metrics": "the same in Prometheus' text format",
    "snapshot": "write what it sees now, as a JPEG, to the standard output",
}


class UnixConnection(HTTPConnection):
    """HTTP to a socket in the file system."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=LIMIT_S)
        self._path = path

    def connect(self) -> None:
        """Connect."""
        self.sock = socket(AF_UNIX, SOCK_STREAM)
        self.sock.settimeout(LIMIT_S)
        self.sock.connect(str(self._path))


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    for name, words in HELP.items():
        parser = subparsers.add_parser(name, help=words)
        parser.add_argument("--socket", type=Path, default=SOCKET, metavar="FILE")
        parser.add_argument("--base64", action="store_true", help="as text, for a way that takes no bytes")


def ask(path: Path, what: str, method: str = "GET") -> bytes:
    """Return the agent's answer; NobodyError if none runs there, StatusError if it does not want to."""
    with closing(UnixConnection(path)) as connection:
        try:
            connection.request(method, what)
            answer = connection.getresponse()
            content = answer.read(MOST_BYTES + 1)
        except OSError as error:
            raise _no_answer(path, error) from error
        except (HTTPException, ValueError) as error:
            raise StatusError(f"What answers at '{path}' is no agent; give the --socket of one.") from error
    if len(content) > MOST_BYTES:
        raise StatusError(f"What answers at '{path}' says more than {MOST_BYTES} bytes; restart pilab-agent.service.")
    if answer.status != FINE:
        raise StatusError(_sentence(content))
    return content


def _no_answer(path: Path, error: OSError) -> StatusError:
    """Return what is to be said of it."""
    if isinstance(error, PermissionError):
        return StatusError(f"'{path}' is closed to this account; ask as root, with sudo.")
    if isinstance(error, TimeoutError):
        return StatusError(f"The agent at '{path}' does not answer within {LIMIT_S:g} s; restart pilab-agent.service.")
    how = "is it running? systemctl status pilab-agent, or give the --socket of one that you started"
    return NobodyError(f"No agent answers at '{path}'; {how}.")


def _sentence(content: bytes) -> str:
    """Read what an agent says, which may be somebody else: a line without control characters."""
    words = " ".join(content[:MOST_WORDS].decode(errors="replace").split())
    return "".join(each if each.isprintable() else "?" for each in words)


def main(arguments: argparse.Namespace) -> int:
    """Ask and pass the answer on; StatusError if it cannot be had."""
    if arguments.command == "snapshot" and not arguments.base64 and sys.stdout.isatty():
        raise StatusError("A JPEG would fill the screen with signs; write it to a file: snapshot > now.jpg")
    content = ask(arguments.socket, PATHS[arguments.command])
    sys.stdout.buffer.write(base64.encodebytes(content) if arguments.base64 else content)
    sys.stdout.buffer.flush()
    return 0
