"""The line to the teacher's computer: each side beats every second; a board that hears nothing ends its part."""

from __future__ import annotations

import json
import os
import select
import sys
import threading
import time
from typing import Any, Callable, NoReturn

BEAT_S = 1.0
# A connection that died tells nobody: what was started for a run must not outlive it for long. A teacher's computer
# that stands still for a while has not gone.
DEAF_LIMIT_S = 60.0
LOST = 3
READ_BYTES = 65536

_writing = threading.Lock()


def send(**facts: object) -> None:
    """Write one JSON line to the teacher's computer; the process ends if nobody can read it."""
    try:
        with _writing:
            sys.stdout.write(json.dumps(facts) + "\n")
            sys.stdout.flush()
    except OSError:
        _leave()


def start(receive: Callable[[dict[str, Any]], None]) -> None:
    """Beat and listen from now on; the process ends at once when the line does."""
    threading.Thread(target=_beat, daemon=True).start()
    threading.Thread(target=_listen, args=(receive,), daemon=True).start()


def _beat() -> None:
    while True:
        send(kind="beat")
        time.sleep(BEAT_S)


def _listen(receive: Callable[[dict[str, Any]], None]) -> None:
    begun = b""
    while select.select([0], [], [], DEAF_LIMIT_S)[0]:
        chunk = os.read(0, READ_BYTES)
        if not chunk:
            break
        *lines, begun = (begun + chunk).split(b"\n")
        for line in filter(None, lines):
            receive(json.loads(line))
    _leave()


def _leave() -> NoReturn:
    """End the process at once: Dask would wait for chunks that nobody wants any more."""
    os._exit(LOST)
