"""What the page shows, worked out before the template is filled; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fleet.analysis import outliers
from fleet.analysis.tolerance import Finding
from fleet.analysis.verdict import Level
from fleet.i18n import LazyText, lazy
from fleet.report.board import BoardView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.analysis.claims import Claim
    from fleet.i18n import Language
    from fleet.report import figures
    from fleet.results import Manifest
    from fleet.results.analysis import Analysis


@dataclass(frozen=True)
class Statement:
    """One of the course's statements, and what became of it on each board."""

    claims: tuple[tuple[BoardView, Claim], ...]

    @property
    def first(self) -> Claim:
        """The statement as the first board has it; boards with fewer cores have tried fewer workers."""
        return self.claims[0][1]

    @property
    def findings(self) -> list[tuple[Finding, int]]:
        """How many boards confirm it, refute it and leave it undecided."""
        counted = Counter(claim.finding for _, claim in self.claims)
        return [(finding, counted[finding]) for finding in Finding if counted[finding]]


@dataclass(frozen=True)
class Page:
    """Everything that the template needs."""

    analysis: Analysis
    language: Language

    @property
    def manifest(self) -> Manifest:
        """What was typed, and when."""
        return self.analysis.run.manifest

    @cached_property
    def boards(self) -> list[BoardView]:
        """All boards that were asked for."""
        return [BoardView(outcome, self.analysis.boards.get(outcome.board)) for outcome in self.analysis.outcomes]

    @property
    def plan(self) -> dict[str, Any]:
        """What was asked for."""
        return self.manifest.plan

    @property
    def measured(self) -> list[BoardView]:
        """The boards with numbers."""
        return [board for board in self.boards if board.rows]

    @property
    def is_simulated(self) -> bool:
        """Tell whether any number on the page comes from virtual hardware."""
        return any(board.is_simulated for board in self.measured)

    @property
    def statements(self) -> list[Statement]:
        """Each statement once."""
        by_board = [[(board, claim) for claim in board.claims] for board in self.measured]
        return [Statement(each) for each in zip(*by_board, strict=True)]

    @cached_property
    def unlike(self) -> outliers.Unlike:
        """What is unlike among boards of one kind: single ones, and groups."""
        return outliers.unlike(board.analysis for board in self.measured if board.analysis)

    @property
    def standing_out(self) -> list[outliers.Outlier]:
        """The timings of single boards that are unlike those of their kind."""
        return self.unlike.outliers

    @cached_property
    def figures(self) -> list[figures.Picture]:
        """The pictures, drawn."""
        from fleet.report import figures  # noqa: PLC0415 (matplotlib takes half a second, and only a page needs it)

        return figures.pictures(self.measured, self.standing_out, self.language)

    @property
    def sentences(self) -> list[LazyText]:
        """Sum the run up for somebody who reads nothing else."""
        counted = [_who_measured(self.boards), *_verdicts(self.boards), *_findings(self.measured)]
        groups = outliers.group_sentences(self.unlike.groups)
        return [*counted, *groups, *outliers.sentences(self.standing_out)]

    @property
    def left_out(self) -> list[str]:
        """List everything that is not on the page although somebody may look for it."""
        told = [board.outcome.sentence for board in self.boards if board.outcome.sentence]
        happened = [sentence for board in self.boards for sentence in board.happened]
        return list(dict.fromkeys([*told, *happened, *self.analysis.complaints]))


def _who_measured(boards: Sequence[BoardView]) -> LazyText:
    well = sum(board.outcome.is_ok for board in boards)
    return lazy("{well} of {all} boards measured everything that was asked for.", well=well, all=len(boards))


def _verdicts(boards: Sequence[BoardView]) -> list[LazyText]:
    levels = Counter(judged.level for board in boards for judged in board.judged)
    if not levels:
        return []
    return [
        lazy(
            "Of {all} timings {valid} are valid, {suspect} suspect and {invalid} invalid; the invalid ones are left "
            "out of every number below.",
            all=levels.total(),
            valid=levels[Level.VALID],
            suspect=levels[Level.SUSPECT],
            invalid=levels[Level.INVALID],
        )
    ]


def _findings(boards: Sequence[BoardView]) -> list[LazyText]:
    found = Counter(claim.finding for board in boards for claim in board.claims)
    if not found:
        return []
    confirmed, refuted, undecided = (found[finding] for finding in Finding)
    return [
        lazy(
            "The course's statements, counted once per board: {confirmed} confirmed, {refuted} refuted, {undecided} "
            "undecided.",
            confirmed=confirmed,
            refuted=refuted,
            undecided=undecided,
        )
    ]
