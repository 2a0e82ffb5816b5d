"""What the page shows, worked out before the template is filled; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fleet.analysis import outliers
from fleet.analysis.tolerance import Finding
from fleet.analysis.verdict import Level
from fleet.boards import alike
from fleet.boards.inventory import THIS_COMPUTER
from fleet.i18n import LazyText, lazy
from fleet.report import figures
from fleet.report.banner import Banner, banner
from fleet.report.board import BoardView
from fleet.report.glossary import GLOSSARY
from fleet.report.names import stretched
from fleet.report.needs import Commands, Need, needs
from fleet.report.statements import Statement, statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.i18n import Language
    from fleet.report.figures import Picture
    from fleet.results import Manifest
    from fleet.results.analysis import Analysis


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

    @cached_property
    def statements(self) -> list[Statement]:
        """Each statement once."""
        return statements(self.measured)

    @property
    def commands(self) -> Commands:
        """What measures again."""
        is_here = [board.name for board in self.boards] == [THIS_COMPUTER.name]
        return Commands(self.manifest.run, is_here, is_shared=not self.manifest.command)  # it does not leave a room

    @cached_property
    def needs(self) -> list[Need]:
        """The boards that need a hand."""
        return needs(self.boards, self.standing_out, self.commands)

    @property
    def banner(self) -> Banner:
        """Whether the run can be used."""
        return banner(self.boards, self.needs, self.commands)

    @property
    def begun(self) -> str:
        """When it began, in the time of this computer, as people write it."""
        began = self.manifest.started_utc
        return f"{datetime.fromisoformat(began).astimezone():%Y-%m-%d %H:%M}" if began else ""

    @property
    def kinds(self) -> list[tuple[str, list[BoardView], list[tuple[LazyText, str]]]]:
        """What the boards are; those that are alike in everything are named together."""
        alike: dict[tuple[tuple[LazyText, str], ...], list[BoardView]] = {}
        for board in self.boards:
            if board.facts:
                alike.setdefault(tuple(board.facts), []).append(board)
        return [(stretched(board.name for board in its), its, list(facts)) for facts, its in alike.items()]

    @property
    def governors(self) -> str:
        """The governors that programs ran under, if any was set."""
        return ", ".join(self.plan["governors"])

    @property
    def glossary(self) -> Sequence[tuple[LazyText, LazyText]]:
        """Words that a pupil may not know."""
        return GLOSSARY

    @cached_property
    def unlike(self) -> outliers.Unlike:
        """What is unlike among boards of one kind: single ones, and groups."""
        return outliers.unlike(board.analysis for board in self.measured if board.analysis)

    @property
    def standing_out(self) -> list[outliers.Outlier]:
        """The timings of single boards that are unlike those of their kind."""
        return self.unlike.outliers

    @cached_property
    def figures(self) -> list[Picture]:
        """The pictures, drawn."""
        return figures.pictures(self.measured, self.standing_out, self.language)

    @cached_property
    def poster_figures(self) -> list[Picture]:
        """The pictures that fit on one sheet."""
        return figures.for_the_wall(self.measured, self.language)

    @property
    def sentences(self) -> list[LazyText]:
        """Sum the run up for somebody who reads nothing else."""
        counted = [_who_measured(self.boards), *_verdicts(self.boards), *_findings(self.measured)]
        groups = outliers.group_sentences(self.unlike.groups)
        return [*counted, *groups, *outliers.sentences(self.standing_out)]

    @property
    def left_out(self) -> list[str]:
        """List everything that is not on the page although somebody may look for it."""
        ended = [(board.name, board.outcome.sentence) for board in self.boards if board.outcome.sentence]
        told = [words for its in alike.groups(ended) for words in alike.told(its)]
        return list(dict.fromkeys([*told, *_happened(self.boards), *self.analysis.complaints]))


def _happened(boards: Sequence[BoardView]) -> list[str]:
    """Tell what happened, once with the boards that it happened on: a room without a meter has one line for that."""
    its_boards: dict[str, list[str]] = {}
    sentences = {sentence: sentence for board in boards for sentence in board.happened}
    for board in boards:
        for sentence in board.happened:
            its_boards.setdefault(sentence, []).append(board.name)
    return [_of_boards(stretched(names), sentences[sentence]) for sentence, names in its_boards.items()]


def _of_boards(boards: str, sentence: str) -> str:
    """Put names before a sentence; one that a board wrote itself stays one that is in no other language."""
    if isinstance(sentence, LazyText):
        return lazy("{boards}: {sentence}", boards=boards, sentence=sentence)
    return f"{boards}: {sentence}"


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
