"""One chunk of the sum: the course's C program (L11) with one thread, as Dask calls it on a board."""

from __future__ import annotations

import json
import subprocess

from agent.board.paths import HERE

PROGRAM = HERE.native / "sum_threads"
LIMIT_S = 600


def add(additions: int) -> tuple[int, int]:
    """Return the sum of so many ones and how long the loop took in ns; OSError or SubprocessError if it fails.

    With less claim to the processor than Dask has, which must go on answering.
    """
    command = ["nice", str(PROGRAM), str(int(additions)), "1"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=LIMIT_S)
    answer = json.loads(done.stdout)
    return answer["sum"], answer["loop_ns"]


def chunk(additions: int) -> list[int] | str:
    """Do one chunk as a task of Dask: its sum and how long the loop took in ns, or why not in words."""
    try:
        return list(add(additions))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        return str(error)
