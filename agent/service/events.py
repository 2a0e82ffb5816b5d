"""The agent's event log: one JSON object per line on the standard output, which the journal keeps."""

from __future__ import annotations

import errno
import json
from typing import Any, TextIO

# A full disk must not stop the LED, nor a terminal that was closed while the agent is to outlive it (nohup).
UNWRITTEN = (errno.ENOSPC, errno.EIO)


class EventLog:
    """Writes each event as a line that is out before the call returns; nothing in between."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._ascii = "utf" not in (getattr(out, "encoding", None) or "utf-8").lower()

    def __call__(self, event: str, **facts: Any) -> None:  # noqa: ANN401 -- whatever JSON can hold
        """Write one line."""
        try:
            self._out.write(json.dumps({"event": event, **facts}, ensure_ascii=self._ascii) + "\n")
            self._out.flush()
        except OSError as error:
            if error.errno not in UNWRITTEN:
                raise
