"""What is kept of a run besides its records: what was asked for, of whom, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from msgspec import Meta

from fleet import files
from fleet.boards.outcome import State  # noqa: TC001 (msgspec reads the types at run time)
from fleet.errors import RecordError
from fleet.gate import FileName, Gate, Head, HostName, MisfitError, RunName, Sentence, Utc, is_day, shown
from fleet.i18n import lazy
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
            raise RecordError(
                lazy(
                    "{path} cannot be read (it has the schema {schema}; this Pilab reads {ours}); use the Pilab that "
                    "wrote it, or name another run.",
                    path=path,
                    schema=shown(schema),
                    ours=SCHEMA,
                )
            )
        manifest = GATE.json(data, MANIFEST)
        PLAN_GATE.value(manifest.plan, lazy("the plan of {file}", file=MANIFEST))
    except (OSError, MisfitError) as error:
        raise RecordError(
            lazy("{path} cannot be read ({why}); name another run, or take this one away.", path=path, why=_why(error))
        ) from error
    for utc_then in (manifest.started_utc, manifest.finished_utc):
        if utc_then and not is_day(utc_then):
            raise RecordError(
                lazy("{path} cannot be read ({utc} is no time of day); name another run.", path=path, utc=utc_then)
            )
    return manifest


def _why(error: OSError | MisfitError) -> str:
    return str(error) if isinstance(error, MisfitError) else files.reason(error)


def _beginning(path: Path) -> bytes:
    """Read a manifest; MisfitError if it is no file, or longer than any, OSError if it cannot be read."""
    if not path.is_file():
        raise MisfitError(lazy("it is no file"))
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise MisfitError(lazy("it is longer than {most} bytes", most=MOST_BYTES))
    return data
