"""Sum after sum over the boards that are there; a board that is pulled costs time, never a result."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.boards.awake import CLOCK, Countdown
from fleet.boards.outcome import Outcome, State
from fleet.errors import FleetError
from fleet.i18n import lazy
from fleet.spread import sums
from fleet.spread.answer import Chunk, RoundDone
from fleet.spread.cluster import Cluster, LeadLostError
from fleet.spread.plausibility import PendingOrder
from fleet.spread.process import ProcessEnd
from fleet.spread.sums import Sum

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.spread.answer import Message
    from fleet.spread.choose import Member
    from fleet.spread.plausibility import Suspect
    from fleet.spread.record_file import SpreadRecords

MOMENT_S = 0.5
# A sum that took so much longer, because this computer stood still, was not measured.
LEAST_STALL_S = 1.0
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


class SpreadSession:
    """The boards of a run; what has arrived is kept here, on the teacher's computer, whoever leads."""

    def __init__(
        self, members: Sequence[Member], options: SumOptions, records: SpreadRecords, say: Callable[[str], None]
    ) -> None:
        self.there = list(members)
        self.lost: dict[str, Outcome] = {}
        self.done: list[Sum] = []
        self._options = options
        self._todo = list(options.counts)
        self._chunks = sums.chunks(options.additions, sums.chunk_count(members))
        self._present: Sum | None = None
        self._records = records
        self._say = say
        self._orders = 0
        self._began_s = 0.0

    def run(self) -> None:
        """Do all sums; FleetError if no board is left."""
        while self._todo or self._present:
            if not self.there:
                raise FleetError(
                    lazy("No board is left, so the sum could not be ended; its row says why for each of them.")
                )
            cluster = Cluster(self.there, self._options.sudo_password)
            try:
                with cluster:
                    self._say(
                        lazy("Dask runs on {boards}; {lead} leads.", boards=_names(self.there), lead=cluster.lead)
                    )
                    self._note_lost(cluster)
                    self._all_sums(cluster)
            except LeadLostError:
                self._note_lost(cluster)

    def _all_sums(self, cluster: Cluster) -> None:
        while self._present or self._todo:
            self._present = self._present or self._next()
            if self._present:
                self._follow(cluster, self._present, self._order(cluster, self._present))

    def _next(self) -> Sum | None:
        """Begin the next sum, if there are still boards enough for it."""
        count = self._todo.pop(0)
        self._began_s = time.monotonic()
        if count > len(self.there):
            return None
        return Sum(tuple(each.board.name for each in self.there[:count]), self._chunks)

    def _order(self, cluster: Cluster, one: Sum) -> PendingOrder:
        """Ask for what is missing of a sum: of its own boards, or of all if none of them is left."""
        workers = [each for each in self.there if each.board.name in one.boards] or self.there
        self._orders += 1
        names = {cluster.ports[each.board.name]: each.board.name for each in workers}
        order = PendingOrder(self._orders, cluster.lead, names, self._patience_s(workers), time.monotonic())
        cluster.order(order=order.number, ports=list(names), patience_s=order.patience_s, chunks=one.missing)
        return order

    def _patience_s(self, workers: Sequence[Member]) -> float:
        chunk_s = max(size for _, size in self._chunks) / min(each.additions_per_s for each in workers)
        return min(MOST_PATIENCE_S, PATIENCE_S + TIMES * chunk_s)

    def _follow(self, cluster: Cluster, one: Sum, order: PendingOrder) -> None:
        """Take in what arrives until the sum is there, or must be asked for again."""
        silence, stalled_s = Countdown(order.patience_s + STUCK_S), CLOCK.stalled_s()
        while self._present:
            event = cluster.next_event(MOMENT_S)
            order.stalled_s = CLOCK.stalled_s() - stalled_s
            # All that Dask says passes through here.
            one.is_interrupted = one.is_interrupted or order.stalled_s > LEAST_STALL_S
            if event and not isinstance(event.message, ProcessEnd):
                silence.restart()
                if not self._take(cluster, event.message, one, order):
                    return
            elif event:
                self._note_lost(cluster)
                if not any(each.board.name in one.boards for each in self.there):
                    return
            if silence.is_over:
                words = lazy(
                    "{board} led and said nothing for {silent_s:.0f} s; restart it.",
                    board=cluster.lead,
                    silent_s=order.patience_s + STUCK_S,
                )
                cluster.drop(Outcome(cluster.lead, State.TIMED_OUT, words))

    def _take(self, cluster: Cluster, message: Message, one: Sum, order: PendingOrder) -> bool:
        """Take a message of the lead in; what is still missing must be asked for again where it cannot be true."""
        if getattr(message, "order", order.number) < order.number:
            return True
        suspects = order.suspects(message, one, time.monotonic())
        if suspects:
            self._drop(cluster, one, suspects)
            return False
        if isinstance(message, Chunk):
            board = order.names[message.port]
            one.arrived(message.chunk, message.sum, board)
            self._records.write(
                "chunk", sum_number=len(self.done) + 1, order=message.order, chunk=message.chunk, sum=message.sum,
                loop_ns=message.loop_ns, board=board,
            )  # fmt: skip
        if isinstance(message, RoundDone):
            one.wall_ns = message.wall_ns
            self._end(one)
        return True

    def _drop(self, cluster: Cluster, one: Sum, suspects: Sequence[Suspect]) -> None:
        """Go on without boards that cannot be trusted; whatever comes of a sum that they had a part in is in doubt."""
        for each in suspects:
            sentence = lazy("{board} is left out from here on: {why}", board=each.board, why=each.why)
            if each.state is State.FAILED:
                one.doubts.append(sentence)
            self._records.write("doubt", sum_number=len(self.done) + 1, board=each.board, why=each.why)
            try:
                cluster.drop(Outcome(each.board, each.state, sentence))
            finally:
                self._note_lost(cluster)

    def _end(self, one: Sum) -> None:
        until_s = time.monotonic() - self._began_s
        self.done.append(one)
        self._present = None
        self._records.write(
            "sum", number=len(self.done), boards=one.boards, additions=one.additions, total=one.total,
            is_right=one.is_right, is_interrupted=one.is_interrupted, wall_ns=one.wall_ns,
            until_result_ns=round(until_s * 1e9), chunks_by=one.done_by, doubts=one.doubts,
        )  # fmt: skip
        self._say(
            lazy(
                "Sum {number} over {boards}: {total} after {until_s:.1f} s ({counts}).",
                number=len(self.done),
                boards=", ".join(one.boards),
                total=one.total,
                until_s=until_s,
                counts=_counts(one),
            )
        )

    def _note_lost(self, cluster: Cluster) -> None:
        """Note which boards a cluster has lost."""
        for name in cluster.lost.keys() - self.lost.keys():
            self.lost[name] = cluster.lost[name]
            self._say(cluster.lost[name].sentence)
            self._records.write(
                "lost", board=name, state=cluster.lost[name].state, sentence=cluster.lost[name].sentence
            )
            if self._present and name in self._present.boards:
                self._present.is_interrupted = True
        self.there = [each for each in self.there if each.board.name not in self.lost]


def _counts(one: Sum) -> str:
    """Say whether its time counts."""
    if one.doubts:
        return lazy("in doubt, since a board said what cannot be")
    return lazy("interrupted, so its time does not count") if one.is_interrupted else lazy("on time")


def _names(members: Sequence[Member]) -> str:
    return ", ".join(each.board.name for each in members)
