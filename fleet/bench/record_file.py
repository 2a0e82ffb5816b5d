"""The records of one board while they arrive: on our disk line by line, and named as whole only when they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fleet import files
from fleet.analysis import records
from fleet.errors import RecordError

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
        self.size_bytes = 0
        self._builder = records.RecordsBuilder(self._board, self._whole.name)
        self._refused: RecordError | None = None
        self._partial.unlink(missing_ok=True)

    @property
    def lines(self) -> int:
        """Count the lines that have arrived."""
        return self._builder.lines

    @property
    def has_ended(self) -> bool:
        """Tell whether the last line is the end mark."""
        return self._builder.has_ended

    @property
    def is_whole(self) -> bool:
        """Tell whether the end is there, and everything before it as the board wrote it."""
        return self._builder.has_ended and not self._builder.flaw

    def add(self, line: bytes, record: Record | None) -> None:
        """Keep one whole line and what it says, nothing if it is no record; DiskError if it cannot be kept."""
        with files.naming(self._partial), self._partial.open("ab") as file:
            file.write(line)
        self.size_bytes += len(line)
        try:
            self._builder.add(line, record)
        except RecordError as error:
            self._refused = self._refused or error

    def records(self) -> records.Records:
        """Return what has arrived as a whole; RecordError if something in it cannot be let in."""
        if self._refused:
            raise self._refused
        return self._builder.records()

    def kept(self, outcome: Outcome) -> Outcome:
        """Name what has arrived as whole if it is, and note in the board's row under which name it is kept."""
        if self.is_whole:
            self._partial.replace(self._whole)
            return replace(outcome, records=self._whole.name)
        return replace(outcome, records=self._partial.name if self.lines else "")
