"""Running programs of the system, with their own words in the error."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Mapping


def run(*command: str, stdin: str = "", timeout_s: float = 60) -> str:
    """Standard output of a command that must succeed; RehearsalError with what it said otherwise."""
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise RehearsalError(
            lazy("{command} did not end within {limit:g} s.", command=" ".join(command), limit=timeout_s)
        ) from error
    if done.returncode:
        raise RehearsalError(
            lazy(
                "{command} failed with {status}: {words}",
                command=" ".join(command),
                status=done.returncode,
                words=done.stderr.strip() or lazy("no words"),
            )
        )
    return done.stdout


def attempt(*command: str, timeout_s: float = 60) -> bool:
    """Whether a command succeeded; for undoing, where what is gone already is no error."""
    try:
        # ssh makes a standard input that is no terminal non-blocking, and does not undo it when it is killed.
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout_s, check=False
        )  # fmt: skip
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return False
    return done.returncode == 0


def detach(*command: str, log: Path, environment: Mapping[str, str]) -> None:
    """Start a command that goes on when this process ends, as nobody's child; what it says is added to the log."""
    with log.open("ab") as said:
        subprocess.run(
            ["setsid", "--fork", *command], env={**os.environ, **environment},
            stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=True,
        )  # fmt: skip


def processes(*marks: bytes) -> set[int]:
    """The programs on this computer that have one of the marks among their words."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if any(mark in file.read_bytes() for mark in marks):
                found.add(int(file.parent.name))
    return found
