"""What the firmware remembers of throttling, forgotten before a run, so that what happens within the run shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.board import firmware

if TYPE_CHECKING:
    from agent.bench.records import RecordWriter
    from agent.board.paths import Paths

# Bits 16 to 19: since the board was switched on.
REMEMBERED = 0xF0000


class ThrottleHistory:
    """Clears the bits that stick; what was found is recorded, because it cannot be put back."""

    def __init__(self, paths: Paths, records: RecordWriter) -> None:
        self._records = records
        self._can_clear = paths.may_tune
        self._is_told = False

    def forgotten(self, bits: int | None) -> int | None:
        """Return the bits of the firmware with the history cleared, if it can be."""
        if bits is None or not bits & REMEMBERED or not self._can_clear:
            return bits
        left = firmware.clear_throttled()
        self._can_clear = left is not None and not left & REMEMBERED
        self._tell(bits)
        return left

    def _tell(self, bits: int) -> None:
        """Record it once: later bits come from the runs themselves and stand with their samples."""
        if not self._can_clear:
            sentence = "and cannot be made to forget it: a short one within a run may be missed"
            self._records.event("throttle-history", f"The firmware remembers a slowdown ({bits:#x}) {sentence}.")
        elif not self._is_told:
            sentence = "that was cleared, so that each run shows its own"
            self._records.event("throttle-history", f"The firmware remembered a slowdown ({bits:#x}); {sentence}.")
        self._is_told = True
