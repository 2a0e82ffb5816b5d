"""Dask over some boards for a while: the first one leads, all of them work, and every line goes through here."""

from __future__ import annotations

import random
import shlex
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Self

from fleet.agents import PILAB
from fleet.crew import on_all
from fleet.outcome import Outcome, State
from fleet.remote import Link
from fleet.spread.pipes import bridge
from fleet.spread.talk import News, Talk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.inventory import Board
    from fleet.spread.choose import Member

MOMENT_S = 0.2
CONNECTING_S = 20.0
# Loading Dask takes the slowest boards half a minute.
START_LIMIT_S = 90.0
# Below the ports that Linux hands out by itself (ip_local_port_range begins at 32768); each run draws its own.
PORTS = range(20_000, 32_000)


class LeadLostError(Exception):
    """The board that led is gone; the others can begin again without it."""


class Star:
    """Dask on these boards; what goes wrong with a board is its row in `lost`, and the others go on."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = list(members)
        self.lost: dict[str, Outcome] = {}
        self._boards = [member.board for member in members]
        first = random.choice(PORTS[: -len(members)])  # noqa: S311 (a port is no secret)
        self._scheduler_port = first
        self.ports = {board.name: first + 1 + index for index, board in enumerate(self._boards)}
        self._links: dict[str, Link] = {}
        self._talks: dict[str, Talk] = {}
        self._ready: set[str] = set()
        self._news: SimpleQueue[News] = SimpleQueue()
        self._lead: Talk | None = None

    @property
    def lead(self) -> str:
        """The board that hands the chunks out."""
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
        """Let go of all boards; what runs on them ends with that."""
        for link in self._links.values():
            link.close()

    def order(self, **words: object) -> None:
        """Tell the lead what to do."""
        if self._lead:
            self._lead.say(**words)

    def news(self, limit_s: float) -> News | None:
        """Return what came from a board, after dropping one that is gone; LeadLostError if that was the lead."""
        try:
            news = self._news.get(timeout=limit_s)
        except Empty:
            return None
        if news.kind == "gone":
            self.drop(gone(news))
        return news

    def drop(self, row: Outcome) -> None:
        """Go on without a board."""
        self.lost.setdefault(row.board, row)
        if row.board in self._links:
            self._links[row.board].close()
        if row.board == self.lead:
            raise LeadLostError

    def _begin(self) -> None:
        for row in on_all(self._boards, self._open, CONNECTING_S):
            if not row.is_ok:
                self.drop(row)
        first = self._links[self.lead]
        self._lead = self._start(self.lead, f"lead --scheduler {self._scheduler_port}")
        self._wait({self.lead})
        others = {name: link for name, link in self._links.items() if name != self.lead and name not in self.lost}
        bridge(first, {self.ports[name]: link for name, link in others.items()})
        for name, link in self._links.items():
            if name in others:
                bridge(link, {self._scheduler_port: first})
            self._talks[name] = self._start(name, self._work(name))
        self._ready.clear()
        self._wait(set(self._talks))

    def _open(self, board: Board) -> Outcome:
        link = Link(board)
        link.open()
        self._links[board.name] = link
        return Outcome(board.name, State.OK)

    def _work(self, name: str) -> str:
        return f"work --scheduler {self._scheduler_port} --port {self.ports[name]} --name {shlex.quote(name)}"

    def _start(self, name: str, part: str) -> Talk:
        return Talk(name, self._links[name].talk(f"{PILAB} spread {part}"), self._news.put)

    def _wait(self, names: set[str]) -> None:
        """Wait until these boards have said that they are ready, or are gone."""
        limit = time.monotonic() + START_LIMIT_S
        while late := names - self._ready - set(self.lost):
            news = self.news(MOMENT_S)
            if news and news.kind == "ready":
                self._ready.add(news.board)
            if time.monotonic() > limit:
                for name in sorted(late):
                    words = f"{name} was not ready after {START_LIMIT_S:g} s; look at it, or switch it off and on."
                    self.drop(Outcome(name, State.TIMED_OUT, words))


def gone(news: News) -> Outcome:
    """Write the row of a board that is gone."""
    if words := news.facts["words"]:
        return Outcome(news.board, State.FAILED, f"{news.board} stopped computing: {words}")
    sentence = (
        f"{news.board} was lost in the middle, and others did its share; see whether it has power and network, and "
        "run again."
    )
    return Outcome(news.board, State.UNREACHABLE, sentence)
