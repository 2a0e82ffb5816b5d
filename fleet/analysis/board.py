"""All that the records of one board mean, each worked out once, when it is first asked for; pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from fleet.analysis import claims, summary
from fleet.analysis.evidence import Evidence
from fleet.analysis.verdict import judge
from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from fleet.analysis.claims import Claim
    from fleet.analysis.records import BoardFacts, Records
    from fleet.analysis.summary import Row
    from fleet.analysis.verdict import Judged


@dataclass(frozen=True)
class BoardKind:
    """What boards have in common that may be compared."""

    model: str
    release: str
    userland: str
    cores: int
    is_simulated: bool

    @property
    def words(self) -> LazyText:
        """Name it."""
        named = f"{self.model or '?'}, {self.release}, {self.userland}"
        return lazy("{kind} (simulated)", kind=named) if self.is_simulated else lazy("{kind}", kind=named)


def kind_of(facts: BoardFacts) -> BoardKind:
    """Tell what kind a board is of."""
    return BoardKind(facts.model, facts.release, facts.userland, facts.cores, facts.simulated)


@dataclass(frozen=True)
class BoardAnalysis:
    """What one board recorded, judged, summed up and held against the course."""

    records: Records

    @property
    def host(self) -> str:
        """The name of the board."""
        return self.records.host

    @cached_property
    def judged(self) -> list[Judged]:
        """Its samples with their verdicts."""
        return judge(self.records)

    @cached_property
    def rows(self) -> list[Row]:
        """The medians of its programs."""
        return summary.rows(self.host, self.judged)

    @cached_property
    def evidence(self) -> Evidence:
        """What its rows offer to statements."""
        return Evidence(self.records, self.rows)

    @cached_property
    def claims(self) -> list[Claim]:
        """The course's statements, held against it."""
        return claims.check(self.evidence)

    @property
    def governor(self) -> str:
        """The governor that its programs are compared and statements are judged under."""
        return self.evidence.governor

    @cached_property
    def kind(self) -> BoardKind | None:
        """What it has in common with boards that it may be compared with, if it said what it is."""
        return kind_of(self.records.board) if self.records.board else None
