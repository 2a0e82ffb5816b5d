"""What a lead says of the chunks, held against what can be; a word that cannot be is not used; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleet.boards.outcome import State
from fleet.spread.answer import Chunk, Fault, Late, Odd, Round

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.spread.answer import Word
    from fleet.spread.sums import Sum

NS = 1_000_000_000
# Two clocks of which one is a percent fast, and what lies between two lines of a program.
CLOCKS = 1.01
MARGIN_NS = 50_000_000


@dataclass(frozen=True)
class Doubt:
    """A board that is not to be trusted, and why; it is dropped."""

    board: str
    why: str
    state: State = State.FAILED


@dataclass
class Order:
    """What a lead was asked for, and what it has said of it so far."""

    number: int
    lead: str
    names: Mapping[int, str]
    patience_s: float
    began_s: float
    longest_ns: int = 0
    heard_s: float = field(default=0.0)

    def doubts(self, word: Word, one: Sum, now_s: float) -> Sequence[Doubt]:
        """Return whom this word makes doubtful; nobody if it can be true."""
        wait_s, self.heard_s = now_s - max(self.heard_s, self.began_s), now_s
        if getattr(word, "order", self.number) != self.number:
            return [self._lead("it speaks of what it was not asked for")]
        if isinstance(word, Chunk | Odd) and one.size_of(word.chunk) is None:
            return [self._lead(f"it tells of chunk {word.chunk}, which is not missing")]
        return self._of_what_is_asked(word, one, now_s, wait_s)

    def _of_what_is_asked(self, word: Word, one: Sum, now_s: float, wait_s: float) -> Sequence[Doubt]:
        if isinstance(word, Chunk):
            return self._of_chunk(word, one, now_s)
        if isinstance(word, Odd):
            return [Doubt(self.names.get(word.port, self.lead), f"instead of chunk {word.chunk} came: {word.words}")]
        if isinstance(word, Round):
            return self._of_round(word, one, now_s)
        if isinstance(word, Late):
            return self._of_late(word, wait_s)
        return [self._lead(f"it could not go on: {word.words}" if isinstance(word, Fault) else "it begins again")]

    def _of_chunk(self, word: Chunk, one: Sum, now_s: float) -> Sequence[Doubt]:
        name = self.names.get(word.port)
        if name is None:
            return [self._lead(f"it says that port {word.port} did chunk {word.chunk}, and no board has that")]
        if word.sum != one.size_of(word.chunk):
            right = one.size_of(word.chunk)
            return [Doubt(name, f"its chunk {word.chunk} is {word.sum} and must be {right}, says {self.lead}")]
        if not 0 < word.loop_ns <= self._most_ns(now_s):
            return [Doubt(name, f"its chunk {word.chunk} took {word.loop_ns} ns, which cannot be, says {self.lead}")]
        self.longest_ns = max(self.longest_ns, word.loop_ns)
        return []

    def _of_round(self, word: Round, one: Sum, now_s: float) -> Sequence[Doubt]:
        if one.missing:
            return [self._lead(f"it says that all is done, and {len(one.missing)} chunks have not arrived")]
        if not max(1, self.longest_ns) <= word.wall_ns <= self._most_ns(now_s):
            return [self._lead(f"it says that all took {word.wall_ns} ns, which cannot be")]
        return []

    def _of_late(self, word: Late, wait_s: float) -> Sequence[Doubt]:
        if wait_s * CLOCKS + 1 < self.patience_s or set(word.ports) - set(self.names):
            return [self._lead("it complains of others without a reason")]
        if not word.ports:
            # The lead works along in every sum, so it has lost itself, too.
            return [Doubt(self.lead, f"no board took a chunk from it within {self.patience_s:.0f} s", State.TIMED_OUT)]
        why = f"it did not do its chunks within {self.patience_s:.0f} s"
        late = [Doubt(self.names[port], why, State.TIMED_OUT) for port in word.ports]
        # Without the lead all begins anew, so it is the last to be dropped.
        return sorted(late, key=lambda each: each.board == self.lead)

    def _lead(self, why: str) -> Doubt:
        return Doubt(self.lead, why)

    def _most_ns(self, now_s: float) -> float:
        return (now_s - self.began_s) * NS * CLOCKS + MARGIN_NS
