"""The socket to a board, which gives the board up once it has sent more, or taken longer, than it was allowed.

paramiko keeps whatever a server sends, also beyond the window that it gave, and waits without a limit at several
places. Nothing of that can be more than what came through here: banners, key exchanges, packets, channels, all of it.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from fleet.boards.awake import CLOCK

# OpenSSH sends and takes no longer packet (PACKET_MAX_SIZE in its packet.c); RFC 4253, 6.1 asks for 35000 bytes.
LONGEST_PACKET_BYTES = 256 * 1024
# What a board may send when nothing is asked of it: what is left in paramiko's window of 2 MiB of a command that was
# ended early, heartbeats, new keys.
IDLE_BYTES = 4 * 2**20


class LimitFault(Enum):
    """Why a board was given up."""

    LATE = auto()
    MUCH = auto()


class GivenUpError(Exception):
    """The board has used up what it was allowed; no OSError, which paramiko takes for a moment of silence."""


@dataclass(eq=False)
class Lease:
    """What a board may send and how long it may take for one thing that is asked of it."""

    most_bytes: int
    until_s: float


class LimitedSocket:
    """Stands for a socket, or for whatever leads to a board; `fault` says why it was closed, if it was from here."""

    def __init__(self, sock: Any) -> None:  # noqa: ANN401 (paramiko takes proxies and channels as well)
        self._sock = sock
        self._lock = threading.Lock()
        self._leases: list[Lease] = []
        self._left_bytes = IDLE_BYTES
        self.fault: LimitFault | None = None
        # paramiko asks a socket for this; a channel that stands for one has none.
        self._closed = False

    def begin(self, most_bytes: int, limit_s: float) -> Lease:
        """Allow a board more for something."""
        lease = Lease(most_bytes, CLOCK.now_s() + limit_s)
        with self._lock:
            self._leases.append(lease)
            self._left_bytes += most_bytes
        return lease

    def end(self, lease: Lease) -> None:
        """Take back what is left of it."""
        with self._lock:
            if lease in self._leases:
                self._leases.remove(lease)
                self._left_bytes = min(self._left_bytes, IDLE_BYTES + sum(each.most_bytes for each in self._leases))

    def end_all(self) -> None:
        """Take back everything: nothing is asked of the board at the moment."""
        for lease in list(self._leases):
            self.end(lease)

    @property
    def is_network(self) -> bool:
        """Tell whether the kernel's network is right below, and no proxy."""
        return isinstance(self._sock, socket.socket)

    def recv(self, count: int) -> bytes:
        """Read, as a socket does; GivenUpError if the board has had its share."""
        self._check_time()
        if count > LONGEST_PACKET_BYTES:
            raise self._given_up(LimitFault.MUCH)
        content: bytes = self._sock.recv(count)
        with self._lock:
            self._left_bytes -= len(content)
        if self._left_bytes < 0:
            raise self._given_up(LimitFault.MUCH)
        return content

    def send(self, content: bytes) -> int:
        """Write, as a socket does; a board that takes nothing in is given up like one that says nothing."""
        self._check_time()
        count: int = self._sock.send(content)
        return count

    def _check_time(self) -> None:
        with self._lock:
            until_s = min((each.until_s for each in self._leases), default=float("inf"))
        if CLOCK.now_s() > until_s:
            raise self._given_up(LimitFault.LATE)

    def _given_up(self, fault: LimitFault) -> GivenUpError:
        self.fault = self.fault or fault
        self.close()
        return GivenUpError(self.fault.name)

    def close(self) -> None:
        """Close what is below, once: a proxy is told to end by its number, which then becomes somebody else's."""
        if not self._closed:
            self._closed = True
            self._sock.close()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (as the socket has it)
        return getattr(self._sock, name)
