"""What a lead says of the chunks, held against what can be; a message that cannot be is not used; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleet.boards.outcome import State
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

    def suspects(self, message: Message, one: Sum, now_s: float) -> Sequence[Suspect]:
        """Return whom this message makes doubtful; nobody if it can be true."""
        wait_s, self.heard_s = now_s - max(self.heard_s, self.began_s), now_s
        if getattr(message, "order", self.number) != self.number:
            return [self._lead("it speaks of what it was not asked for")]
        if isinstance(message, Chunk | WrongResult) and one.size_of(message.chunk) is None:
            return [self._lead(f"it tells of chunk {message.chunk}, which is not missing")]
        return self._of_what_is_asked(message, one, now_s, wait_s)

    def _of_what_is_asked(self, message: Message, one: Sum, now_s: float, wait_s: float) -> Sequence[Suspect]:
        if isinstance(message, Chunk):
            return self._of_chunk(message, one, now_s)
        if isinstance(message, WrongResult):
            culprit = self.names.get(message.port, self.lead)
            return [Suspect(culprit, f"instead of chunk {message.chunk} came: {message.words}")]
        if isinstance(message, RoundDone):
            return self._of_round(message, one, now_s)
        if isinstance(message, Overdue):
            return self._of_late(message, wait_s)
        if isinstance(message, LeadFault):
            return [self._lead(f"it could not go on: {message.words}")]
        return [self._lead("it begins again")]

    def _of_chunk(self, message: Chunk, one: Sum, now_s: float) -> Sequence[Suspect]:
        name = self.names.get(message.port)
        if name is None:
            return [self._lead(f"it says that port {message.port} did chunk {message.chunk}, and no board has that")]
        if message.sum != one.size_of(message.chunk):
            right = one.size_of(message.chunk)
            return [Suspect(name, f"its chunk {message.chunk} is {message.sum} and must be {right}, says {self.lead}")]
        if not 0 < message.loop_ns <= self._most_ns(now_s):
            why = f"its chunk {message.chunk} took {message.loop_ns} ns, which cannot be, says {self.lead}"
            return [Suspect(name, why)]
        self.longest_ns = max(self.longest_ns, message.loop_ns)
        return []

    def _of_round(self, message: RoundDone, one: Sum, now_s: float) -> Sequence[Suspect]:
        if one.missing:
            return [self._lead(f"it says that all is done, and {len(one.missing)} chunks have not arrived")]
        if not max(1, self.longest_ns) <= message.wall_ns <= self._most_ns(now_s):
            return [self._lead(f"it says that all took {message.wall_ns} ns, which cannot be")]
        return []

    def _of_late(self, message: Overdue, wait_s: float) -> Sequence[Suspect]:
        if wait_s * CLOCKS + 1 < self.patience_s or set(message.ports) - set(self.names):
            return [self._lead("it complains of others without a reason")]
        if not message.ports:
            # The lead works along in every sum, so it has lost itself, too.
            why = f"no board took a chunk from it within {self.patience_s:.0f} s"
            return [Suspect(self.lead, why, State.TIMED_OUT)]
        why = f"it did not do its chunks within {self.patience_s:.0f} s"
        late = [Suspect(self.names[port], why, State.TIMED_OUT) for port in message.ports]
        # Without the lead all begins anew, so it is the last to be dropped.
        return sorted(late, key=lambda each: each.board == self.lead)

    def _lead(self, why: str) -> Suspect:
        return Suspect(self.lead, why)

    def _most_ns(self, now_s: float) -> float:
        return (now_s - self.began_s) * NS * CLOCKS + MARGIN_NS
