"""What a lead says of the chunks, held against what can be; a message that cannot be is not used; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleet.boards.outcome import State
from fleet.i18n import lazy, noop
from fleet.spread.answer import Chunk, LeadFault, Overdue, RoundDone, WrongResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.spread.answer import Message
    from fleet.spread.sums import Sum

NS = 1_000_000_000
# Two clocks of which one is a percent fast, and what lies between two lines of a program.
CLOCKS = 1.01
MARGIN_NS = 50_000_000


@dataclass(frozen=True)
class Suspect:
    """A board that is not to be trusted, and why; it is dropped."""

    board: str
    why: str
    state: State = State.FAILED


@dataclass
class PendingOrder:
    """What a lead was asked for, and what it has said of it so far."""

    number: int
    lead: str
    names: Mapping[int, str]
    patience_s: float
    began_s: float
    longest_ns: int = 0
    heard_s: float = field(default=0.0)
    # For how long this computer stood still, so that it may have heard of what had happened so much earlier.
    stalled_s: float = field(default=0.0)

    def suspects(self, message: Message, one: Sum, now_s: float) -> Sequence[Suspect]:
        """Return whom this message makes doubtful; nobody if it can be true."""
        wait_s, self.heard_s = now_s - max(self.heard_s, self.began_s), now_s
        if getattr(message, "order", self.number) != self.number:
            return [self._lead(lazy("it speaks of what it was not asked for"))]
        if isinstance(message, Chunk | WrongResult) and one.size_of(message.chunk) is None:
            return [self._lead(lazy("it tells of chunk {chunk}, which is not missing", chunk=message.chunk))]
        return self._of_what_is_asked(message, one, now_s, wait_s)

    def _of_what_is_asked(self, message: Message, one: Sum, now_s: float, wait_s: float) -> Sequence[Suspect]:
        if isinstance(message, Chunk):
            return self._of_chunk(message, one, now_s)
        if isinstance(message, WrongResult):
            culprit = self.names.get(message.port, self.lead)
            why = lazy("instead of chunk {chunk} came: {words}", chunk=message.chunk, words=message.words)
            return [Suspect(culprit, why)]
        if isinstance(message, RoundDone):
            return self._of_round(message, one, now_s)
        if isinstance(message, Overdue):
            return self._of_late(message, wait_s)
        if isinstance(message, LeadFault):
            return [self._lead(lazy("it could not go on: {words}", words=message.words))]
        return [self._lead(lazy("it begins again"))]

    def _of_chunk(self, message: Chunk, one: Sum, now_s: float) -> Sequence[Suspect]:
        name = self.names.get(message.port)
        if name is None:
            template = noop("it says that port {port} did chunk {chunk}, and no board has that")
            return [self._lead(lazy(template, port=message.port, chunk=message.chunk))]
        if message.sum != one.size_of(message.chunk):
            why = lazy(
                "its chunk {chunk} is {sum} and must be {right}, says {lead}",
                chunk=message.chunk,
                sum=message.sum,
                right=one.size_of(message.chunk),
                lead=self.lead,
            )
            return [Suspect(name, why)]
        if not 0 < message.loop_ns <= self._most_ns(now_s):
            why = lazy(
                "its chunk {chunk} took {loop_ns} ns, which cannot be, says {lead}",
                chunk=message.chunk,
                loop_ns=message.loop_ns,
                lead=self.lead,
            )
            return [Suspect(name, why)]
        self.longest_ns = max(self.longest_ns, message.loop_ns)
        return []

    def _of_round(self, message: RoundDone, one: Sum, now_s: float) -> Sequence[Suspect]:
        if one.missing:
            template = noop("it says that all is done, and {count} chunks have not arrived")
            return [self._lead(lazy(template, count=len(one.missing)))]
        if not max(1, self.longest_ns) <= message.wall_ns <= self._most_ns(now_s):
            return [self._lead(lazy("it says that all took {wall_ns} ns, which cannot be", wall_ns=message.wall_ns))]
        return []

    def _of_late(self, message: Overdue, wait_s: float) -> Sequence[Suspect]:
        if wait_s * CLOCKS + 1 + self.stalled_s < self.patience_s or set(message.ports) - set(self.names):
            return [self._lead(lazy("it complains of others without a reason"))]
        if not message.ports:
            # The lead works along in every sum, so it has lost itself, too.
            why = lazy("no board took a chunk from it within {limit_s:.0f} s", limit_s=self.patience_s)
            return [Suspect(self.lead, why, State.TIMED_OUT)]
        why = lazy("it did not do its chunks within {limit_s:.0f} s", limit_s=self.patience_s)
        late = [Suspect(self.names[port], why, State.TIMED_OUT) for port in message.ports]
        # Without the lead all begins anew, so it is the last to be dropped.
        return sorted(late, key=lambda each: each.board == self.lead)

    def _lead(self, why: str) -> Suspect:
        return Suspect(self.lead, why)

    def _most_ns(self, now_s: float) -> float:
        return (now_s - self.began_s) * NS * CLOCKS + MARGIN_NS
