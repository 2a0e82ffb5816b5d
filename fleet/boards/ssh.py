"""Speaking to a board over ssh: commands and channels. What goes wrong becomes one sentence with the fix."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from paramiko import SSHException, Transport

from fleet.boards import login, messages
from fleet.boards.awake import CLOCK
from fleet.boards.limited_socket import LimitedSocket, LimitFault
from fleet.boards.stream import NO_STATUS, CommandResult, Limits, Stream
from fleet.boards.sudo import for_root, wants_password
from fleet.errors import FloodError, LimitError, RemoteError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fabric import Connection
    from paramiko import Channel

    from fleet.boards.inventory import Board

CONNECT_LIMIT_S = 8
# A board that answers and is busy on all processors takes its time to check a key.
LOG_IN_LIMIT_S = 30
# What both, a greeting and an agreement on keys take at most; whoever waits for boards that connect waits as long.
OPEN_LIMIT_S = LOG_IN_LIMIT_S + 2 * CONNECT_LIMIT_S
COMMAND_LIMIT_S = 30.0
TICK_S = 0.2
# Most commands answer in a few lines.
MOST_BYTES = 4 * 2**20
# The protocol's own words beside what a command prints: a twentieth in the smallest packets that OpenSSH sends.
BESIDE_BYTES = 2**20
# Ten times what a board that computes along for an hour needs.
CHANNEL_BYTES = 64 * 2**20
# Who stood still for less still had half of the shortest limit for the board.
LEAST_STALL_S = CONNECT_LIMIT_S / 2
# What waits inside paramiko is ended from outside, once it should have ended by itself.
GRACE_S = 2.0

ONE_ANSWER = Limits(MOST_BYTES, MOST_BYTES)


Done = TypeVar("Done")


class Link:
    """One connection to one board; every wait and every answer has a limit, every failure is a RemoteError."""

    def __init__(self, board: Board, sudo_password: str = "", login_password: str = "") -> None:
        self.board = board
        self._sudo_password = sudo_password
        self._login_password = login_password
        self._asked_for_password = False
        self._connection: Connection | None = None
        self._guard: LimitedSocket | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def open(self) -> None:
        """Connect, if the board is the one that we know and takes our key."""
        _again_after_a_stall(self._open, UnreachableError)

    def _open(self) -> None:
        self.close()
        self._guard = None
        try:
            with_password = bool(self._login_password)
            with login.explained(self.board, lambda: self._guard, _timeouts(), with_password=with_password):
                self._connection = login.connection(self.board, self._guarded, _timeouts(), self._login_password)
                self._connection.open()
                login.give_up_early(self._connection.transport.sock)
        except RemoteError:
            self.close()
            raise
        if self._guard:
            self._guard.end_all()

    def _guarded(self, sock: Any, **options: Any) -> Transport:  # noqa: ANN401 (as paramiko calls it)
        """Have paramiko speak through a guard; logging in is the first thing that it allows."""
        self._guard = LimitedSocket(sock)
        self._guard.begin(login.LOG_IN_BYTES, OPEN_LIMIT_S)
        return Transport(self._guard, **options)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            login.close(self._connection)
            self._connection = None

    @property
    def has_sudo_password(self) -> bool:
        """Tell whether somebody gave a password for sudo."""
        return bool(self._sudo_password)

    def run(
        self, command: str, stdin: str = "", limit_s: float = COMMAND_LIMIT_S, most_bytes: int = MOST_BYTES
    ) -> CommandResult:
        """Run a command to its end; LimitError or FloodError if that takes too long or is too much."""
        stream = self.stream(command, stdin, Limits(most_bytes, most_bytes, limit_s))
        output = b"".join(stream.chunks())
        if stream.status == NO_STATUS:
            raise self._broken(limit_s, most_bytes)
        return CommandResult(stream.status, output.decode(errors="replace"), stream.stderr)

    def _broken(self, limit_s: float, most_bytes: int) -> RemoteError:
        """Say why a command has no end."""
        match self._guard.fault if self._guard else None:
            case LimitFault.LATE:
                return LimitError(messages.too_long(self.board, limit_s))
            case LimitFault.MUCH:
                return FloodError(messages.too_much(self.board, most_bytes))
        return UnreachableError(messages.lost(self.board))

    def sudo(
        self, command: str, stdin: str = "", limit_s: float = COMMAND_LIMIT_S, most_bytes: int = MOST_BYTES
    ) -> CommandResult:
        """Run a command as root; the password goes only to a board whose sudo has refused to do without it."""
        if not self._asked_for_password:
            answer = self.run(for_root(command), stdin, limit_s, most_bytes)
            if not self._wants_password(answer):
                return answer
        return self.run(for_root(command, with_password=True), f"{self._sudo_password}\n{stdin}", limit_s, most_bytes)

    def sudo_stream(self, command: str, limits: Limits = ONE_ANSWER, stdin: str = "") -> Stream:
        """Start a command as root whose lines are read as they come."""
        if self.has_sudo_password and self._needs_password():
            return self.stream(for_root(command, with_password=True), f"{self._sudo_password}\n{stdin}", limits)
        return self.stream(for_root(command), stdin, limits)

    def _wants_password(self, answer: CommandResult) -> bool:
        """Remember what a board once asked for."""
        is_refused = answer.status != 0 and wants_password(answer.stderr)
        self._asked_for_password = self.has_sudo_password and is_refused
        return self._asked_for_password

    def stream(self, command: str, stdin: str = "", limits: Limits = ONE_ANSWER) -> Stream:
        """Start a command whose lines are read as they come."""
        most_bytes = limits.most_bytes + limits.most_bytes // 20 + BESIDE_BYTES
        with self._leased(most_bytes, limits.limit_s) as release:
            channel = self._session(command)
            _hand_over(channel, stdin)
            channel.settimeout(TICK_S)
        return Stream(self.board, channel, limits, release)

    def _session(self, command: str) -> Channel:
        there = self._there()
        channel = _again_after_a_stall(lambda: there.open_session(timeout=CONNECT_LIMIT_S), SSHException)
        channel.settimeout(CONNECT_LIMIT_S)
        channel.exec_command(command)
        return channel

    def open_channel(self, command: str, *, as_root: bool = False) -> Channel:
        """Start a command and return its channel, which waits for what comes no longer than a moment.

        Reading from it is for the caller to limit in time and in the length of a line; in all it gets CHANNEL_BYTES.
        """
        needs_password = as_root and self._needs_password()
        with self._leased(CHANNEL_BYTES):
            channel = self._session(for_root(command, with_password=needs_password) if as_root else command)
            if needs_password:
                channel.sendall(f"{self._sudo_password}\n".encode())
            channel.settimeout(TICK_S)
            return channel

    def _needs_password(self) -> bool:
        """Find out whether root is behind a password, unless that is known."""
        return self._asked_for_password or self._wants_password(self.run(for_root("true")))

    @contextmanager
    def _leased(self, most_bytes: int, limit_s: float = float("inf")) -> Iterator[Callable[[], None]]:
        """Allow a board so much, until that is taken back; beginning must not take long."""
        guard = self._guarding()
        lease = guard.begin(most_bytes, CONNECT_LIMIT_S + GRACE_S)
        try:
            with login.explained(self.board, lambda: guard, _timeouts()):
                yield partial(guard.end, lease)
        except RemoteError as error:
            guard.end(lease)
            if guard.fault is None and (isinstance(error.__cause__, EOFError) or not self._there().is_active()):
                raise UnreachableError(messages.lost(self.board)) from error
            raise
        lease.until_s = CLOCK.now_s() + limit_s + GRACE_S

    def _guarding(self) -> LimitedSocket:
        if self._guard is None:
            raise UnreachableError(messages.lost(self.board))
        return self._guard

    def _there(self) -> Transport:
        if self._connection is None:
            raise UnreachableError(messages.lost(self.board))
        return self._connection.transport


def _again_after_a_stall(deed: Callable[[], Done], failure: type[Exception]) -> Done:
    """Do it once more where it failed while this computer stood still: paramiko counts that time as the board's."""
    stalled_s = CLOCK.stalled_s()
    try:
        return deed()
    except failure:
        if CLOCK.stalled_s() - stalled_s < LEAST_STALL_S:
            raise
        return deed()


def _timeouts() -> login.Timeouts:
    return login.Timeouts(CONNECT_LIMIT_S, LOG_IN_LIMIT_S)


def _hand_over(channel: Channel, stdin: str) -> None:
    """Give a command its input; one that ended without reading it says why in its own words."""
    with suppress(OSError):
        channel.sendall(stdin.encode())
        channel.shutdown_write()
