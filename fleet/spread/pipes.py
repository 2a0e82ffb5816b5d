"""Two boards joined through this computer, without a port of its own that anybody else on it could reach."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from fleet.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fleet.remote import Link

CHUNK_BYTES = 65536


class End(Protocol):
    """One end of a connection, as sockets and ssh channels have it."""

    def recv(self, limit: int, /) -> bytes:
        """Return what came; nothing at the end."""

    def sendall(self, data: bytes, /) -> object:
        """Send all of it."""

    def close(self) -> None:
        """End the connection."""


def join(near: End, dial: Callable[[], End]) -> None:
    """Connect one end with another that is still to be reached; returns at once."""
    Thread(target=_join, args=(near, dial), daemon=True).start()


def _join(near: End, dial: Callable[[], End]) -> None:
    try:
        far = dial()
    except RemoteError:
        _end(near)
        return
    Thread(target=_pump, args=(near, far), daemon=True).start()
    _pump(far, near)


def _pump(source: End, sink: End) -> None:
    """Pass everything on; the end of one side is the end of both."""
    with suppress(OSError, EOFError):
        while data := source.recv(CHUNK_BYTES):
            sink.sendall(data)
    _end(source)
    _end(sink)


def _end(end: End) -> None:
    """End a connection; paramiko complains with either error where ssh itself has gone."""
    with suppress(OSError, EOFError):
        end.close()


def bridge(board: Link, targets: Mapping[int, Link]) -> None:
    """Have a board reach the same port of other boards at ports of its own: each port is that of one board."""
    board.listen(list(targets), lambda channel, port: join(channel, lambda: targets[port].dial(port)))
