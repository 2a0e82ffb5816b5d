"""Rooms that share, for tests: their results, their keys, and what they are shared with."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from fleet import results
from fleet.boards.outcome import Outcome, State
from fleet.share import key, parcel, send
from fleet.share.folder import FolderStore
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import PLAN, ended

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fleet.results import Run
    from fleet.share.send import Sent
    from fleet.tokens import Tokens

LINES = RECORDED.read_text(encoding="utf-8").splitlines(keepends=True)


def run_of(folder: Path, name: str, boards: Sequence[str] = ("pi01", "pi02"), text: str = "") -> Run:
    """A run of some boards that all recorded the same, which has ended."""
    made = results.create(folder, replace(PLAN, run=name), "invoke bench --hosts lab", boards)
    outcomes = []
    for board in boards:
        path = made.path / f"{board}.jsonl"
        path.write_text(text) if text else shutil.copy(RECORDED, path)
        outcomes.append(Outcome(board, State.OK, records=path.name))
    made.finish(outcomes)
    return made


def names(count: int) -> list[str]:
    """Names as `invoke bench` gives them."""
    return [f"202611{day:02}T081500Z-3f9a" for day in range(1, count + 1)]


def room(folder: Path, count: int = 2) -> Tokens:
    """A checkout with a key and some runs in `results`."""
    for name in names(count):
        run_of(folder / "results", name)
    return key.tokens(folder)


def share(folder: Path, place: Path, name: str = "", **how: bool) -> list[Sent]:
    """Share the runs of a room in a folder."""
    return list(send.send(folder / "results", FolderStore(place), key.tokens(folder), name, **how))


def objects(place: Path) -> list[Path]:
    """What lies at a place."""
    return sorted(path for path in place.rglob("*") if path.is_file())


def plain(path: Path) -> bytes:
    """All bytes that were shared in an object."""
    return gzip.decompress(path.read_bytes())


def packed(run: Run, words: Tokens) -> bytes:
    """All bytes of a run that would leave, with the name of the object."""
    made = parcel.pack(run, parcel.scrub(words))
    return str(made.address).encode() + gzip.decompress(made.data)


def changed(line: str, **values: object) -> str:
    """A record with other values."""
    return json.dumps({**json.loads(line), **values}) + "\n"


def small(*lines: str) -> str:
    """A whole file of few records."""
    return ended(list(lines))
