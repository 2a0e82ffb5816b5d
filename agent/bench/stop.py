"""Ending a run early: the experiment that runs dies at once, and nothing new begins."""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from agent.errors import AgentError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class StoppedError(AgentError):
    """Somebody asked the run to end."""


class Stop:
    """Remembers that the run shall end, and what has to die for it."""

    def __init__(self) -> None:
        self.is_asked = False
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, *_signal: object) -> None:
        """Ask the run to end; fit to be a handler of signals."""
        self.is_asked = True
        self._kill()

    def check(self) -> None:
        """Raise StoppedError if the run shall end."""
        if self.is_asked:
            raise StoppedError("The run was asked to stop.")

    @contextmanager
    def watching(self, process: subprocess.Popen[bytes]) -> Iterator[None]:
        """Kill this process, which leads a group, and all its children when the stop comes."""
        self._process = process
        try:
            if self.is_asked:  # it came before there was anything to kill
                self._kill()
            yield
        finally:
            self._process = None

    def _kill(self) -> None:
        if self._process is not None:
            kill_group(self._process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads its group, and all its children, unless it has been waited for."""
    if process.returncode is None:
        with suppress(ProcessLookupError):  # it ended by itself in this moment
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def stopped_by_signals(stop: Stop) -> Iterator[None]:
    """Let systemctl stop, Ctrl-C and a closed terminal ask for the stop."""
    before = {number: signal.signal(number, stop.ask) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
