"""Running programs of the system, with their own words in the error."""

from __future__ import annotations

import subprocess

from rehearsal.errors import RehearsalError


def run(*command: str, stdin: str = "", timeout_s: float = 60) -> str:
    """Standard output of a command that must succeed; RehearsalError with what it said otherwise."""
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired as error:
        raise RehearsalError(f"{' '.join(command)} did not end within {timeout_s:g} s.") from error
    if done.returncode:
        raise RehearsalError(f"{' '.join(command)} failed with {done.returncode}: {done.stderr.strip() or 'no words'}")
    return done.stdout


def attempt(*command: str, timeout_s: float = 60) -> bool:
    """Whether a command succeeded; for undoing, where what is gone already is no error."""
    try:
        return subprocess.run(command, capture_output=True, timeout=timeout_s, check=False).returncode == 0
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return False
