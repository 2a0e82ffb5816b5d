"""How long a program takes by itself, on a computer whose processors others have, too."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

NS_PER_S = 1e9


class Unhindered:
    """The time since this was made, without the time for which threads of a process could run and others did.

    The kernel counts that per thread (Documentation/scheduler/sched-stats.rst); on an idle computer it is next to
    nothing. A thread's share is lost with it, so that `look` is to be called now and then.
    """

    def __init__(self, process: int) -> None:
        self._tasks = Path(f"/proc/{process}/task")
        self._began_s = time.monotonic()
        self._before = self._waited_ns()
        self._now = dict(self._before)

    def look(self) -> None:
        """See how long each thread has waited so far."""
        self._now |= self._waited_ns()

    @property
    def taken_s(self) -> float:
        """Return the seconds that others are not to blame for."""
        waited_ns = sum(now - self._before.get(thread, 0) for thread, now in self._now.items())
        return time.monotonic() - self._began_s - waited_ns / NS_PER_S

    def _waited_ns(self) -> dict[str, int]:
        found = {}
        for path in self._tasks.glob("*/schedstat"):
            with suppress(OSError, IndexError):  # a thread ends, or the kernel does not count
                found[path.parent.name] = int(path.read_text().split()[1])
        return found
