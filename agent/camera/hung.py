"""Ending a process that a driver keeps for good.

Python's bindings of libcamera keep the whole interpreter while they open or stop a camera (0.4.0), so that no thread of
this process can do it, and no signal is heard. systemd does it by its watchdog; this is for an agent that runs by hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# `cat` ends with this process, or when it is told that all is well; 124 says that its time was over (timeout(1)).
GUARD = 'timeout "$1" cat; [ $? = 124 ] && echo "$2" >&2 && kill -KILL "$3"'


@contextmanager
def ended_after(limit_s: float, sentence: str) -> Iterator[None]:
    """While it lasts, let another process end this one, with a sentence on stderr, if that takes so many seconds.

    OSError if there can be no other process.
    """
    words = ["/bin/sh", "-c", GUARD, "sh", f"{limit_s:g}", sentence, str(os.getpid())]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=sys.stderr):
        yield
