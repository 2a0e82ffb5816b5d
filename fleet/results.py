"""Where results live: a folder per run with a file per board, a manifest and a report."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fleet import records
from fleet.errors import RecordError
from fleet.files import make_folder, write_whole
from fleet.outcome import Outcome, State

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fleet.suites import Plan

SCHEMA = 1
MANIFEST = "run.json"
PAGE = "report.html"
NEWEST = "newest"


def new_name() -> str:
    """Name a run: when it began, and random digits for two that begin in the same second."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def utc() -> str:
    """Tell the time of day."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class Manifest:
    """What was asked for, of whom, and what became of it."""

    run: str
    command: str
    plan: dict[str, Any]
    hosts: dict[str, dict[str, str]]
    started_utc: str = field(default_factory=utc)
    finished_utc: str = ""
    attempt: int = 1
    schema: int = SCHEMA


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
        return [Outcome(name, State(row["state"]), row["sentence"], row["records"]) for name, row in rows]

    def begin_again(self) -> None:
        """Begin one more attempt; its records go beside those that are there."""
        self.manifest.attempt += 1
        self.manifest.finished_utc = ""
        self.save()

    def finish(self, outcomes: Iterable[Outcome]) -> None:
        """Note how it ended for each of these boards; what is known of the others stays."""
        self.manifest.hosts |= _rows(outcomes)
        self.manifest.finished_utc = utc()
        self.save()

    def save(self) -> None:
        """Keep the manifest."""
        write_whole(self.path / MANIFEST, json.dumps(asdict(self.manifest), indent=1) + "\n")

    def records(self) -> tuple[dict[str, records.Records], list[str]]:
        """Read what every board recorded, and say which files could not be understood."""
        found: dict[str, records.Records] = {}
        complaints = []
        for path in sorted(self.path.glob(f"*{records.WHOLE_SUFFIX}"), key=records.place_of):
            try:
                each = records.load(path)
                found[each.host] = records.joined(found[each.host], each) if each.host in found else each
            except RecordError as error:
                complaints.append(str(error))
        return found, complaints


def _rows(outcomes: Iterable[Outcome]) -> dict[str, dict[str, str]]:
    return {each.board: {"state": each.state, "sentence": each.sentence, "records": each.said} for each in outcomes}


def create(results: Path, plan: Plan, command: str, boards: Iterable[str]) -> Run:
    """Begin a run; should this computer fail, its boards are those that did not end."""
    path = results / plan.run
    make_folder(path)
    pending = (Outcome(name, State.STOPPED, f"The command was cut off before {name} ended.") for name in boards)
    run = Run(path, Manifest(plan.run, command, plan.as_json(), _rows(pending)))
    run.save()
    return run


def names(results: Path) -> list[str]:
    """List the runs, oldest first; RecordError if there are none."""
    there = sorted(path.parent.name for path in results.glob(f"*/{MANIFEST}"))
    if not there:
        raise RecordError(f"There are no results in {results}; make some with: invoke bench --hosts lab")
    return there


def find(results: Path, name: str = "") -> Run:
    """Find a run by its name, or the newest one."""
    there = names(results)
    wanted = there[-1] if name in ("", NEWEST) else name
    if wanted not in there:
        raise RecordError(f"There is no run '{name}' in {results}; the newest is {there[-1]}.")
    path = results / wanted
    try:
        return Run(path, Manifest(**json.loads((path / MANIFEST).read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError) as error:
        raise RecordError(f"{path / MANIFEST} cannot be read ({error}); name another run.") from error
