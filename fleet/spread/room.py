"""Sum after sum over the boards that are there; a board that is pulled costs time, never a result."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.boards.outcome import Outcome, State
from fleet.errors import FleetError
from fleet.spread import sums
from fleet.spread.answer import Chunk, Round
from fleet.spread.cluster import Cluster, LeadLostError
from fleet.spread.plausibility import Order
from fleet.spread.process import Gone
from fleet.spread.sums import Sum

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.spread.answer import Word
    from fleet.spread.choose import Member
    from fleet.spread.plausibility import Doubt
    from fleet.spread.record_file import SpreadRecords

MOMENT_S = 0.5
# A chunk takes seconds; of boards that are unlike, the slow ones get as many times more.
PATIENCE_S = 60.0
MOST_PATIENCE_S = 300.0
TIMES = 3
# A lead that says nothing for so long after it lost its own patience is as good as gone.
STUCK_S = 30.0


@dataclass(frozen=True)
class SumOptions:
    """What shall be added up, and over how many boards each time."""

    additions: int
    counts: Sequence[int]
    sudo_password: str = ""


class Room:
    """The boards of a run; what has arrived is kept here, on the teacher's computer, whoever leads."""

    def __init__(
        self, members: Sequence[Member], wish: SumOptions, book: SpreadRecords, say: Callable[[str], None]
    ) -> None:
        self.there = list(members)
        self.lost: dict[str, Outcome] = {}
        self.done: list[Sum] = []
        self._wish = wish
        self._todo = list(wish.counts)
        self._chunks = sums.chunks(wish.additions, sums.chunk_count(members))
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
            star = Cluster(self.there, self._wish.sudo_password)
            try:
                with star:
                    self._say(f"Dask runs on {_names(self.there)}; {star.lead} leads.")
                    self._keep(star)
                    self._all_sums(star)
            except LeadLostError:
                self._keep(star)

    def _all_sums(self, star: Cluster) -> None:
        while self._present or self._todo:
            self._present = self._present or self._next()
            if self._present:
                self._follow(star, self._present, self._order(star, self._present))

    def _next(self) -> Sum | None:
        """Begin the next sum, if there are still boards enough for it."""
        count = self._todo.pop(0)
        self._began_s = time.monotonic()
        if count > len(self.there):
            return None
        return Sum(tuple(each.board.name for each in self.there[:count]), self._chunks)

    def _order(self, star: Cluster, one: Sum) -> Order:
        """Ask for what is missing of a sum: of its own boards, or of all if none of them is left."""
        workers = [each for each in self.there if each.board.name in one.boards] or self.there
        self._orders += 1
        names = {star.ports[each.board.name]: each.board.name for each in workers}
        order = Order(self._orders, star.lead, names, self._patience_s(workers), time.monotonic())
        star.order(order=order.number, ports=list(names), patience_s=order.patience_s, chunks=one.missing)
        return order

    def _patience_s(self, workers: Sequence[Member]) -> float:
        chunk_s = max(size for _, size in self._chunks) / min(each.additions_per_s for each in workers)
        return min(MOST_PATIENCE_S, PATIENCE_S + TIMES * chunk_s)

    def _follow(self, star: Cluster, one: Sum, order: Order) -> None:
        """Take in what arrives until the sum is there, or must be asked for again."""
        heard_s = time.monotonic()
        while self._present:
            news = star.news(MOMENT_S)
            if news and not isinstance(news.word, Gone):
                heard_s = time.monotonic()
                if not self._take(star, news.word, one, order):
                    return
            elif news:
                self._keep(star)
                if not any(each.board.name in one.boards for each in self.there):
                    return
            if time.monotonic() - heard_s > order.patience_s + STUCK_S:
                words = f"{star.lead} led and said nothing for {order.patience_s + STUCK_S:.0f} s; restart it."
                star.drop(Outcome(star.lead, State.TIMED_OUT, words))

    def _take(self, star: Cluster, word: Word, one: Sum, order: Order) -> bool:
        """Take a word of the lead in; what is still missing must be asked for again where it cannot be true."""
        if getattr(word, "order", order.number) < order.number:
            return True
        doubts = order.doubts(word, one, time.monotonic())
        if doubts:
            self._doubt(star, one, doubts)
            return False
        if isinstance(word, Chunk):
            board = order.names[word.port]
            one.arrived(word.chunk, word.sum, board)
            self._book.write(
                "chunk", sum_number=len(self.done) + 1, order=word.order, chunk=word.chunk, sum=word.sum,
                loop_ns=word.loop_ns, board=board,
            )  # fmt: skip
        if isinstance(word, Round):
            one.wall_ns = word.wall_ns
            self._end(one)
        return True

    def _doubt(self, star: Cluster, one: Sum, doubts: Sequence[Doubt]) -> None:
        """Go on without boards that cannot be trusted; whatever comes of a sum that they had a part in is in doubt."""
        for each in doubts:
            sentence = f"{each.board} is left out from here on: {each.why}"
            if each.state is State.FAILED:
                one.doubts.append(sentence)
            self._book.write("doubt", sum_number=len(self.done) + 1, board=each.board, why=each.why)
            try:
                star.drop(Outcome(each.board, each.state, sentence))
            finally:
                self._keep(star)

    def _end(self, one: Sum) -> None:
        until_s = time.monotonic() - self._began_s
        self.done.append(one)
        self._present = None
        self._book.write(
            "sum", number=len(self.done), boards=one.boards, additions=one.additions, total=one.total,
            is_right=one.is_right, is_interrupted=one.is_interrupted, wall_ns=one.wall_ns,
            until_result_ns=round(until_s * 1e9), chunks_by=one.done_by, doubts=one.doubts,
        )  # fmt: skip
        word = "interrupted, so its time does not count" if one.is_interrupted else "on time"
        word = "in doubt, since a board said what cannot be" if one.doubts else word
        self._say(f"Sum {len(self.done)} over {', '.join(one.boards)}: {one.total} after {until_s:.1f} s ({word}).")

    def _keep(self, star: Cluster) -> None:
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
