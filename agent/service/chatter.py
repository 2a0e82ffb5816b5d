"""Keeping the journal to what the agent itself says: libraries of cameras write lines for every vain try."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from pathlib import Path

# Who asks libcamera to speak wants to hear it.
ASKED = "LIBCAMERA_LOG_LEVELS"
STDERR = 2
USUAL = threading.excepthook
OURS = str(Path(__file__).resolve().parents[1])


def hush() -> None:
    """Send what libraries write to descriptor 2 nowhere, and what they log; sys.stderr still reaches who reads along.

    Also silent: errors of destructors, and of threads in which nothing of ours runs.
    """
    if ASKED in os.environ:
        return
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(STDERR), "w", buffering=1, encoding="utf-8", errors="backslashreplace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STDERR)
    os.close(nowhere)
    logging.getLogger().addHandler(logging.NullHandler())
    sys.unraisablehook = lambda _error: None
    threading.excepthook = _tell_ours


def _tell_ours(error: threading.ExceptHookArgs) -> None:
    if any(frame.filename.startswith(OURS) for frame in traceback.extract_tb(error.exc_traceback)):
        USUAL(error)
