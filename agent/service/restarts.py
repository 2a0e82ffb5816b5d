"""Pauses that grow from one failed run to the next, on every release alike: systemd has that only from 254 on."""

from __future__ import annotations

from threading import Timer
from typing import TYPE_CHECKING

from agent.backoff import backoff_s

if TYPE_CHECKING:
    from pathlib import Path

# A run that lasted so long was good.
PROVEN_S = 30.0
# systemd itself waits 2 s more (RestartSec in the unit).
FIRST_S, LONGEST_S = 1.0, 28.0


class Restarts:
    """Counts, in a file that outlives the process, the runs in a row that did not prove themselves."""

    def __init__(self, folder: Path | None) -> None:
        self._file = folder / "unproven-starts" if folder else None
        self._timer = Timer(PROVEN_S, self.prove)
        self._timer.daemon = True

    def begin(self) -> float:
        """Count this run; return for how long it is to leave the camera alone at first, in seconds."""
        unproven = self._read()
        self._write(unproven + 1)
        self._timer.start()
        return backoff_s(unproven, FIRST_S, LONGEST_S)

    def prove(self) -> None:
        """Forget what failed: this run is good, or ended as it should."""
        self._timer.cancel()
        self._write(0)

    def _read(self) -> int:
        try:
            return int(self._file.read_text(encoding="ascii")) if self._file else 0
        except (OSError, ValueError):
            return 0

    def _write(self, unproven: int) -> None:
        if self._file is None:
            return
        try:
            self._file.write_text(str(unproven), encoding="ascii")
        except OSError:  # a full disk must not stop the agent
            return
