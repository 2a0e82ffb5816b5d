"""Sum after sum over the boards that are there; a board that is pulled costs time, never a result."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.errors import FleetError
from fleet.outcome import Outcome, State
from fleet.spread import sums
from fleet.spread.star import LeadLostError, Star
from fleet.spread.sums import Sum

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.spread.book import Book
    from fleet.spread.choose import Member
    from fleet.spread.talk import News

MOMENT_S = 0.5
# Nothing takes a chunk so long; a lead that hands nothing out any more is as good as gone.
STUCK_LIMIT_S = 120.0


@dataclass(frozen=True)
class Wish:
    """What shall be added up, and over how many boards each time."""

    additions: int
    counts: Sequence[int]


class Room:
    """The boards of a run; what has arrived is kept here, on the teacher's computer, whoever leads."""

    def __init__(self, members: Sequence[Member], wish: Wish, book: Book, say: Callable[[str], None]) -> None:
        self.there = list(members)
        self.lost: dict[str, Outcome] = {}
        self.done: list[Sum] = []
        self._todo = list(wish.counts)
        self._additions = wish.additions
        self._chunks = sums.chunks(wish.additions, sums.CHUNKS_PER_PROCESSOR * sum(each.processors for each in members))
        self._present: Sum | None = None
        self._book = book
        self._say = say
        self._orders = 0
        self._began_s = 0.0

    def run(self) -> None:
        """Do all sums; FleetError if no board is left."""
        while self._todo or self._present:
            if not self.there:
                raise FleetError("No board is left, so the sum could not be ended; its row says why for each of them.")
            star = Star(self.there)
            try:
                with star:
                    self._say(f"Dask runs on {_names(self.there)}; {star.lead} hands the chunks out.")
                    self._keep(star)
                    self._all_sums(star)
            except LeadLostError:
                self._keep(star)

    def _all_sums(self, star: Star) -> None:
        while self._present or self._todo:
            self._present = self._present or self._next()
            if self._present:
                self._order(star, self._present)
                self._follow(star, self._present)

    def _next(self) -> Sum | None:
        """Begin the next sum, if there are still boards enough for it."""
        count = self._todo.pop(0)
        self._began_s = time.monotonic()
        if count > len(self.there):
            return None
        return Sum(tuple(each.board.name for each in self.there[:count]), self._chunks)

    def _order(self, star: Star, one: Sum) -> None:
        """Ask for what is missing of a sum: of its own boards, or of all if none of them is left."""
        workers = [each for each in self.there if each.board.name in one.boards] or self.there
        self._orders += 1
        star.order(
            order=self._orders,
            ports=[star.ports[each.board.name] for each in workers],
            processors=sum(each.processors for each in workers),
            chunks=one.missing,
        )

    def _follow(self, star: Star, one: Sum) -> None:
        """Take in what arrives until the sum is there, or none of its boards is."""
        heard_s = time.monotonic()
        while self._present and time.monotonic() - heard_s < STUCK_LIMIT_S:
            news = star.news(MOMENT_S)
            heard_s = time.monotonic() if news else heard_s
            if news and news.kind == "gone":
                self._keep(star)
                if not any(each.board.name in one.boards for each in self.there):
                    return
            elif news and news.facts.get("order") == self._orders:
                self._take(news, one)
        if self._present:
            words = f"{star.lead} handed nothing out for {STUCK_LIMIT_S:g} s; look at it, or restart it."
            star.drop(Outcome(star.lead, State.TIMED_OUT, words))

    def _take(self, news: News, one: Sum) -> None:
        facts = news.facts
        if news.kind == "fault":
            raise FleetError(f"A chunk failed on the boards: {facts['words']}; is their storage full?")
        if news.kind == "chunk":
            one.arrived(facts["chunk"], facts["sum"], facts["board"])
            self._book.write("chunk", sum_number=len(self.done) + 1, **facts)
        if news.kind == "round":
            one.wall_ns = facts["wall_ns"]
            self._end(one)

    def _end(self, one: Sum) -> None:
        until_s = time.monotonic() - self._began_s
        self.done.append(one)
        self._present = None
        self._book.write(
            "sum", number=len(self.done), boards=one.boards, additions=one.additions, total=one.total,
            is_right=one.is_right, is_interrupted=one.is_interrupted, wall_ns=one.wall_ns,
            until_result_ns=round(until_s * 1e9), chunks_by=one.done_by,
        )  # fmt: skip
        word = "interrupted, so its time does not count" if one.is_interrupted else "on time"
        self._say(f"Sum {len(self.done)} over {', '.join(one.boards)}: {one.total} after {until_s:.1f} s ({word}).")

    def _keep(self, star: Star) -> None:
        """Note which boards a star has lost."""
        for name in star.lost.keys() - self.lost.keys():
            self.lost[name] = star.lost[name]
            self._say(star.lost[name].sentence)
            self._book.write("lost", board=name, state=star.lost[name].state, sentence=star.lost[name].sentence)
            if self._present and name in self._present.boards:
                self._present.is_interrupted = True
        self.there = [each for each in self.there if each.board.name not in self.lost]


def _names(members: Sequence[Member]) -> str:
    return ", ".join(each.board.name for each in members)
