"""Whether this process can still open files."""

from __future__ import annotations

import errno
import os
from contextlib import ExitStack
from pathlib import Path

# Opening a camera takes a few at a time. With fewer left, an error of a library may well say something else.
SPARE = 8
NOTHING = Path(os.devnull)
FULL = os.strerror(errno.EMFILE).lower()


def exhausted(error: Exception) -> bool:
    """Tell whether this error came of, or was seen with, too few descriptors left."""
    return FULL in str(error).lower() or not _can_open(SPARE)


def _can_open(number: int) -> bool:
    with ExitStack() as opened:
        try:
            for _ in range(number):
                opened.enter_context(NOTHING.open("rb", buffering=0))
        except OSError:
            return False
    return True
