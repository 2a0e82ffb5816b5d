"""The compiled programs, made by one worker of the tests at a time."""

from __future__ import annotations

import fcntl
import subprocess
from pathlib import Path

NATIVE = Path(__file__).parents[2] / "native"


def make_native(*targets: str) -> None:
    """Make what is not up to date; a second worker waits, so that no program is written twice at once."""
    with (NATIVE / "Makefile").open() as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        subprocess.run(["make", "--silent", "-C", NATIVE, *targets], check=True)
