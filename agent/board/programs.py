"""Running the small programs of the system: asking one a question, or having it do something."""

from __future__ import annotations

import subprocess

from agent.errors import BenchError

ANSWER_LIMIT_S = 10.0
DEED_LIMIT_S = 60.0
SILENT = "It did not say why."


def ask(*command: str, limit_s: float = ANSWER_LIMIT_S) -> str:
    """Return what a program prints, whatever its status; nothing if it is missing or hangs."""
    try:
        asked = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=limit_s
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip()


def do(*command: str, limit_s: float = DEED_LIMIT_S) -> None:
    """Have a program do something; BenchError with its own words if it did not."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=limit_s,
            start_new_session=True,  # a second, impatient Ctrl-C must not break what puts the board back
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"'{' '.join(command)}' failed: {error}."
        raise BenchError(message) from error
    if done.returncode != 0:
        message = f"'{' '.join(command)}' failed: {first_line(done.stderr)}"
        raise BenchError(message)


def first_line(words: str) -> str:
    """Return the first line that says something: where systemctl names what went wrong."""
    return (_lines(words) or [SILENT])[0]


def last_line(words: str, if_none: str = SILENT) -> str:
    """Return the last line that says something: where Python names what went wrong."""
    return (_lines(words) or [if_none])[-1]


def _lines(words: str) -> list[str]:
    return [line.strip() for line in words.splitlines() if line.strip()]
