"""Dask over some boards for a while: the first one leads, all of them work, and every line goes through here."""

from __future__ import annotations

import random
from functools import partial
from queue import Empty, Queue
from typing import TYPE_CHECKING, Self

from fleet.boards import messages
from fleet.boards.awake import Countdown
from fleet.boards.outcome import Outcome, State
from fleet.boards.pilab import PILAB
from fleet.boards.pool import on_all
from fleet.boards.ssh import GRACE_S, OPEN_LIMIT_S, Link
from fleet.boards.sudo import is_wrong_password, wants_password
from fleet.i18n import lazy
from fleet.spread.answer import InvalidAnswerError, Ready, StreamMessage
from fleet.spread.forwarding import BOARD, LEAD, Pair
from fleet.spread.process import BoardProcess, ProcessEnd, ProcessEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.boards.inventory import Board
    from fleet.spread.choose import Member
    from fleet.spread.process import Channel

MOMENT_S = 0.2
# To open a session and, where a password was given, to ask whether it is wanted takes no longer than to connect.
CONNECTING_S = OPEN_LIMIT_S + GRACE_S
# Loading Dask takes the slowest boards half a minute.
START_LIMIT_S = 90.0
# They lie in networks of the sandboxes' own, so that nothing else can have them.
FIRST_PORT = 20_000
# What waits here for whoever follows; who says more waits, too.
MOST_EVENTS = 1000


class LeadLostError(Exception):
    """The board that led is gone; the others can begin again without it."""


class Cluster:
    """Dask on these boards; what goes wrong with a board is its row in `lost`, and the others go on."""

    def __init__(self, members: Sequence[Member], sudo_password: str = "") -> None:
        self.members = list(members)
        self.lost: dict[str, Outcome] = {}
        self._sudo_password = sudo_password
        self._boards = [member.board for member in members]
        # Another one each time: what a board that begins again says must not be taken for what it said before.
        self._scheduler_port = FIRST_PORT + random.randrange(10_000)  # noqa: S311 (a port is no secret)
        self.ports = {board.name: self._scheduler_port + 1 + index for index, board in enumerate(self._boards)}
        self._links: dict[str, Link] = {}
        self._processes: dict[str, BoardProcess] = {}
        self._pairs: dict[int, Pair] = {}
        self._ready: set[str] = set()
        self._begun: set[int] = set()
        self._events: Queue[ProcessEvent] = Queue(MOST_EVENTS)
        self._lead: BoardProcess | None = None

    @property
    def lead(self) -> str:
        """The board that leads."""
        return self._boards[0].name

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; what runs on the boards ends with that."""
        for link in self._links.values():
            link.close()

    def order(self, **words: object) -> None:
        """Tell the lead what to do."""
        if self._lead:
            self._lead.say(kind="order", **words)

    def next_event(self, limit_s: float) -> ProcessEvent | None:
        """Return what came from a board, after dropping one that is gone; LeadLostError if that was the lead."""
        try:
            event = self._events.get(timeout=limit_s)
        except Empty:
            return None
        if event.board in self.lost:
            return None
        if isinstance(event.message, ProcessEnd):
            self.drop(self._gone(event.board, event.message))
        return event

    def drop(self, row: Outcome) -> None:
        """Go on without a board; LeadLostError if that one led."""
        self.lost.setdefault(row.board, row)
        if row.board in self._links:
            self._links[row.board].close()
        if self.ports[row.board] in self._pairs:
            self._pairs[self.ports[row.board]].cut()
        if row.board == self.lead:
            raise LeadLostError

    def _begin(self) -> None:
        self._on_all(self._boards, self._open)
        self._on_all(self._boards[:1], self._lead_on)
        self._wait({self.lead})
        self._ready.clear()
        there = [board for board in self._boards if board.name not in self.lost]
        self._on_all(there, self._work_on)
        self._wait({board.name for board in there})

    def _on_all(self, boards: Sequence[Board], task: Callable[[Board], Outcome]) -> None:
        """Do the same on all boards at once, and go on without those where it fails."""
        for row in on_all(boards, task, CONNECTING_S):
            if not row.is_ok:
                self.drop(row)

    def _open(self, board: Board) -> Outcome:
        link = Link(board, self._sudo_password)
        link.open()
        self._links[board.name] = link
        return Outcome(board.name, State.OK)

    def _lead_on(self, board: Board) -> Outcome:
        ports = [port for name, port in self.ports.items() if name in self._links and name not in self.lost]
        words = " ".join(str(port) for port in ports)
        channel = self._start(board, f"lead --scheduler {self._scheduler_port} --workers {words}")
        self._lead = BoardProcess(board.name, channel, self._from_lead, joined=len(ports))
        return Outcome(board.name, State.OK)

    def _work_on(self, board: Board) -> Outcome:
        port = self.ports[board.name]
        channel = self._start(board, f"work --scheduler {self._scheduler_port} --port {port}")
        sides = (partial(self._send_to, LEAD, board.name), partial(self._send_to, BOARD, board.name))
        self._pairs[port] = Pair(port, self._scheduler_port, sides)
        self._processes[board.name] = BoardProcess(board.name, channel, partial(self._from_board, port))
        return Outcome(board.name, State.OK)

    def _start(self, board: Board, part: str) -> Channel:
        channel: Channel = self._links[board.name].open_channel(f"{PILAB} spread {part}", as_root=True)
        return channel

    def _send_to(self, side: int, name: str, line: bytes) -> None:
        """Send a line to the lead, or to the board of this name."""
        process = self._lead if side == LEAD else self._processes.get(name)
        if process:
            process.send(line)

    def _from_lead(self, event: ProcessEvent) -> int:
        message = event.message
        if not isinstance(message, StreamMessage):
            self._events.put(event)
            return 0
        if message.peer not in self._pairs:
            return 0
        return self._pairs[message.peer].forward(LEAD, message)

    def _from_board(self, port: int, event: ProcessEvent) -> int:
        if isinstance(event.message, StreamMessage):
            return self._pairs[port].forward(BOARD, event.message)
        is_first = isinstance(event.message, Ready) and port not in self._begun
        if not (is_first or isinstance(event.message, ProcessEnd)):
            raise InvalidAnswerError(lazy("what only the board that leads says"))
        self._begun.add(port)
        self._events.put(event)
        return 0

    def _wait(self, names: set[str]) -> None:
        """Wait until these boards have said that they are ready, or are gone."""
        starting = Countdown(START_LIMIT_S)
        while late := names - self._ready - set(self.lost):
            event = self.next_event(MOMENT_S)
            if event and isinstance(event.message, Ready):
                self._ready.add(event.board)
            if starting.is_over:
                for name in sorted(late):
                    words = lazy(
                        "{board} was not ready after {limit_s:g} s; look at it, or switch it off and on.",
                        board=name,
                        limit_s=START_LIMIT_S,
                    )
                    self.drop(Outcome(name, State.TIMED_OUT, words))

    def _gone(self, name: str, end: ProcessEnd) -> Outcome:
        """Write the row of a board that is gone."""
        board = next(each for each in self._boards if each.name == name)
        if is_wrong_password(end.words):
            return Outcome(name, State.REFUSED, messages.wrong_password(board))
        if wants_password(end.words):
            return Outcome(name, State.REFUSED, messages.wants_password(board))
        if end.words:
            return Outcome(name, end.state, lazy("{board} stopped computing: {why}", board=name, why=end.words))
        sentence = lazy(
            "{board} was lost in the middle, and others did its share; see whether it has power and network, and run "
            "again.",
            board=name,
        )
        return Outcome(name, end.state, sentence)
