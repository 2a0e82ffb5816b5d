"""Watches over one part from outside its sandbox: when the line to the teacher's computer ends, it ends.

What happens in the sandbox has no say in that.
"""

from __future__ import annotations

import os
import secrets
import select
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from agent.errors import AgentError
from agent.spread import unit
from agent.spread.heartbeat import DEAF_LIMIT_S, READ_BYTES

if TYPE_CHECKING:
    from types import FrameType

FEW_S = 30


def main(words: list[str]) -> int:
    """Run a part in its sandbox until the line ends or the part does; return how it ended. AgentError without root."""
    if os.geteuid() != 0:
        raise AgentError("Only root can put Dask into its sandbox; use sudo.")
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    name = f"pilab-spread-{secrets.token_hex(6)}.service"
    part = subprocess.Popen(unit.start_command(name, words), stdin=subprocess.PIPE)
    try:
        pass_on(part)
    finally:
        stop = ["systemctl", "stop", name]
        subprocess.run(stop, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=FEW_S)
    return part.wait(FEW_S)


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(1)


def pass_on(part: subprocess.Popen[bytes], heard: int = 0) -> None:
    """Give the part what comes through the line, until either of them ends, the line is silent or the part is deaf."""
    assert part.stdin  # noqa: S101 -- for the types only
    pipe = part.stdin.fileno()
    os.set_blocking(pipe, False)
    with suppress(BrokenPipeError), part.stdin:
        while part.poll() is None and select.select([heard], [], [], DEAF_LIMIT_S)[0]:
            data = os.read(heard, READ_BYTES)
            if not data or not _given(pipe, data):
                return


def _given(pipe: int, data: bytes) -> bool:
    """Tell whether all of it was taken in time."""
    while data:
        if not select.select([], [pipe], [], DEAF_LIMIT_S)[1]:
            return False
        data = data[os.write(pipe, data) :]
    return True
