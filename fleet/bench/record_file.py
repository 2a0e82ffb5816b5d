"""The records of one board while they arrive: on our disk line by line, and named as whole only when they are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fleet import files
from fleet.analysis import records

if TYPE_CHECKING:
    from pathlib import Path

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
        self._last = b""
        self._partial.unlink(missing_ok=True)

    def add(self, line: bytes) -> None:
        """Keep one whole line; DiskError if it cannot be kept."""
        with files.naming(self._partial), self._partial.open("ab") as file:
            file.write(line)
        self.lines += 1
        self.size_bytes += len(line)
        self._last = line

    @property
    def has_ended(self) -> bool:
        """Tell whether the last line is the end mark."""
        return bool(self._last) and isinstance(records.one(self._last), records.End)

    @property
    def is_damaged(self) -> bool:
        """Tell whether the end is there, and yet not everything is as the board wrote it."""
        return self.has_ended and bool(records.flaw(self._bytes(), self._whole.name))

    def records(self) -> records.Records:
        """Read what has arrived."""
        return records.parse(self._bytes(), self._board, self._whole.name)

    def _bytes(self) -> bytes:
        return self._partial.read_bytes() if self.lines else b""

    def kept(self, outcome: Outcome) -> Outcome:
        """Name what has arrived as whole if it is, and note in the board's row under which name it is kept."""
        if self.lines and not records.flaw(self._bytes(), self._whole.name):
            self._partial.replace(self._whole)
            return replace(outcome, records=self._whole.name)
        return replace(outcome, records=self._partial.name if self.lines else "")
