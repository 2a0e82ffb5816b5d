"""The records of one board while they arrive: on our disk line by line, and named as whole only when they are."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from fleet import files
from fleet.analysis import records

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.analysis.record_types import Record
    from fleet.boards.outcome import Outcome


class RecordFile:
    """A file that grows; what has arrived is there even if this computer loses power."""

    def __init__(self, folder: Path, board: str, attempt: int) -> None:
        self._board = board
        stem = records.stem(board, attempt)
        self._partial = folder / f"{stem}{records.PARTIAL_SUFFIX}"
        self._whole = folder / f"{stem}{records.WHOLE_SUFFIX}"
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what has arrived."""
        self.lines = 0
        self.size_bytes = 0
        # Of all lines but the last, which is the one that says what it must be.
        self._digest = hashlib.sha256()
        self._last = b""
        self._record: Record | None = None
        self._partial.unlink(missing_ok=True)

    def add(self, line: bytes, record: Record | None) -> None:
        """Keep one whole line and what it says, nothing if it is no record; DiskError if it cannot be kept."""
        with files.naming(self._partial), self._partial.open("ab") as file:
            file.write(line)
        self.lines += 1
        self.size_bytes += len(line)
        self._digest.update(self._last)
        self._last, self._record = line, record

    @property
    def has_ended(self) -> bool:
        """Tell whether the last line is the end mark."""
        return isinstance(self._record, records.End)

    @property
    def is_whole(self) -> bool:
        """Tell whether the end is there, and everything before it as the board wrote it."""
        return isinstance(self._record, records.End) and self._record.sha256 == self._digest.hexdigest()

    def records(self) -> records.Records:
        """Read what has arrived as a whole; RecordError if something in it cannot be let in."""
        arrived = self._partial.read_bytes() if self.lines else b""
        return records.parse(arrived, self._board, self._whole.name)

    def kept(self, outcome: Outcome) -> Outcome:
        """Name what has arrived as whole if it is, and note in the board's row under which name it is kept."""
        if self.is_whole:
            self._partial.replace(self._whole)
            return replace(outcome, records=self._whole.name)
        return replace(outcome, records=self._partial.name if self.lines else "")
