"""Where results live: a folder per run with a file per board, a manifest and a report."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fleet.analysis import records
from fleet.analysis.attempts import joined
from fleet.boards.outcome import Outcome, State
from fleet.errors import RecordError
from fleet.files import make_folder, write_whole
from fleet.gate import HOST_PATTERN, RUN_PATTERN, shown
from fleet.i18n import LazyText, lazy
from fleet.results import manifest
from fleet.results.manifest import MANIFEST, BoardEntry, Manifest, utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from fleet.suites import Plan

__all__ = ["Manifest", "utc"]

PAGE = "report.html"
NEWEST = "newest"


def new_name() -> str:
    """Name a run: when it began, and random digits for two that begin in the same second."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


class Unread(LazyText):
    """A sentence about records that were not let in, which remembers whose they are."""

    __slots__ = ("board",)

    board: str


class Run:
    """One run: its folder and its manifest."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest

    @property
    def page(self) -> Path:
        """Where the report is."""
        return self.path / PAGE

    @property
    def outcomes(self) -> list[Outcome]:
        """The rows of the boards, in the order of the inventory."""
        rows = self.manifest.hosts.items()
        return [Outcome(name, State(row["state"]), row["sentence"], records=row["records"]) for name, row in rows]

    @property
    def has_begun(self) -> bool:
        """Tell whether any board recorded anything."""
        return any(self.path.glob("*.jsonl"))

    def discard(self) -> None:
        """Take a run away that never began: it is not the newest of anything."""
        (self.path / MANIFEST).unlink()
        self.path.rmdir()

    def begin_again(self) -> None:
        """Begin one more attempt; its records go beside those that are there."""
        self.manifest.attempt += 1
        self.manifest.finished_utc = ""
        self.save()

    def finish(self, outcomes: Iterable[Outcome]) -> None:
        """Note how it ended for each of these boards; what is known of the others stays."""
        self.manifest.hosts |= _entries(outcomes)
        self.manifest.finished_utc = utc()
        self.save()

    def save(self) -> None:
        """Keep the manifest."""
        write_whole(self.path / MANIFEST, json.dumps(asdict(self.manifest), indent=1) + "\n")

    def records(self) -> tuple[dict[str, records.Records], list[str]]:
        """Read what every board recorded, and say which files were not let in."""
        found: dict[str, records.Records] = {}
        complaints: list[str] = []
        for path in sorted(self.path.glob(f"*{records.WHOLE_SUFFIX}"), key=records.place_of):
            board = records.place_of(path)[0]
            if not re.match(HOST_PATTERN, board):
                where = f"{path.parent}/{shown(path.name)}"
                complaints.append(_unread(board, lazy("{path} is not named after a board.", path=where)))
                continue
            try:
                each = records.load(path)
                found[board] = joined(found[board], each) if board in found else each
            except RecordError as error:
                complaints.append(_unread(board, str(error)))
        return found, complaints


def _unread(board: str, sentence: str) -> Unread:
    made = Unread(sentence)
    made.template = sentence.template if isinstance(sentence, LazyText) else "{sentence}"
    made.values = sentence.values if isinstance(sentence, LazyText) else {"sentence": sentence}
    made.board = board
    return made


def _entries(outcomes: Iterable[Outcome]) -> dict[str, BoardEntry]:
    return {each.board: BoardEntry(state=each.state, sentence=each.sentence, records=each.records) for each in outcomes}


def create(results: Path, plan: Plan, command: str, boards: Iterable[str]) -> Run:
    """Begin a run; should this computer fail, its boards are those that did not end."""
    path = results / plan.run
    make_folder(path)
    pending = (Outcome(name, State.STOPPED, _cut_off(name)) for name in boards)
    run = Run(path, Manifest(plan.run, command, plan.as_json(), _entries(pending)))
    run.save()
    return run


def _cut_off(board: str) -> str:
    return lazy("The command was cut off before {board} ended.", board=board)


def names(results: Path) -> list[str]:
    """List the runs, oldest first, and nothing that is none; RecordError if there are none."""
    named = (path.parent.name for path in results.glob(f"*/{MANIFEST}"))
    there = sorted(name for name in named if re.match(RUN_PATTERN, name))
    if not there:
        raise RecordError(
            lazy("There are no results in {results}; make some with: invoke bench --hosts lab", results=results)
        )
    return there


def _newest(results: Path, there: Sequence[str]) -> str:
    """Name the newest run in which a board recorded something; if none did, the newest of all."""
    begun = (name for name in reversed(there) if any((results / name).glob(f"*{records.WHOLE_SUFFIX}")))
    return next(begun, there[-1])


def find(results: Path, name: str = "") -> Run:
    """Find a run by its name, or the newest that began; RecordError if there is none, or its manifest does not fit."""
    there = names(results)
    wanted = _newest(results, there) if name in ("", NEWEST) else name
    if wanted not in there:
        raise RecordError(
            lazy(
                "There is no run '{name}' in {results}; the newest is {newest}.",
                name=name,
                results=results,
                newest=_newest(results, there),
            )
        )
    path = results / wanted
    return Run(path, manifest.read(path / MANIFEST))
