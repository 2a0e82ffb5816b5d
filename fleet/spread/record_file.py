"""The records of a run: JSON lines, a file per run, never overwritten; docs/decisions/0012 describes the kinds."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Self

from fleet import results
from fleet.files import make_folder, naming

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = 1


class SpreadRecords:
    """One file to which a run adds what it learns as it learns it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"spread-{results.new_name()}" / "sums.jsonl"
        make_folder(self.path.parent)
        self._file = self.path.open("x", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def write(self, kind: str, **facts: object) -> None:
        """Add one record; it is on the disk when this returns; DiskError if it cannot be."""
        line = {"schema": SCHEMA, "kind": kind, "utc": results.utc(), **facts}
        with naming(self.path):
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
