"""What is kept of a run besides its records: what was asked for, of whom, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from msgspec import Meta

from fleet.boards.outcome import State  # noqa: TC001 (msgspec reads the types at run time)
from fleet.errors import RecordError
from fleet.gate import FileName, Gate, Head, HostName, MisfitError, RunName, Sentence, Utc, is_day, shown
from fleet.suites import PLAN_GATE

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1
MANIFEST = "run.json"
MOST_BYTES = 4 * 2**20
MOST_HOSTS, MOST_ATTEMPTS = 1000, 1000


def utc() -> str:
    """Tell the time of day."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class BoardEntry(TypedDict):
    """What became of a board, as a run keeps it."""

    state: State
    sentence: Sentence
    records: FileName


@dataclass
class Manifest:
    """What was asked for, of whom, and what became of it."""

    run: RunName
    command: Annotated[str, Meta(max_length=100_000)]
    plan: dict[str, Any]
    hosts: Annotated[dict[HostName, BoardEntry], Meta(max_length=MOST_HOSTS)]
    started_utc: Utc = field(default_factory=utc)
    finished_utc: Utc = ""
    attempt: Annotated[int, Meta(ge=1, le=MOST_ATTEMPTS)] = 1
    schema: int = SCHEMA


HEAD, GATE = Gate(Head), Gate(Manifest)


def read(path: Path) -> Manifest:
    """Let a manifest in; RecordError names what does not fit."""
    try:
        data = _beginning(path)
        schema = HEAD.json(data, MANIFEST).schema
        if schema not in (None, SCHEMA):
            told = f"{path} cannot be read (it has the schema {shown(schema)}; this Pilab reads {SCHEMA})"
            raise RecordError(f"{told}; use the Pilab that wrote it, or name another run.")
        manifest = GATE.json(data, MANIFEST)
        PLAN_GATE.value(manifest.plan, f"the plan of {MANIFEST}")
    except (OSError, MisfitError) as error:
        raise RecordError(f"{path} cannot be read ({error}); name another run, or take this one away.") from error
    for utc_then in (manifest.started_utc, manifest.finished_utc):
        if utc_then and not is_day(utc_then):
            raise RecordError(f"{path} cannot be read ({utc_then} is no time of day); name another run.")
    return manifest


def _beginning(path: Path) -> bytes:
    """Read a manifest; OSError if it is no file, or longer than any."""
    if not path.is_file():
        raise FileNotFoundError("it is no file")
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise OSError(f"it is longer than {MOST_BYTES} bytes")
    return data
