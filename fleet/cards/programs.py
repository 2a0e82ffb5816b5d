"""Debian's own programs for images of cards, each within a limit of time."""

from __future__ import annotations

import os
import subprocess

from fleet.errors import CardError
from fleet.i18n import lazy

LIMIT_S = 120.0


def run(program: str, *words: str, package: str) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end; CardError if it is missing or takes too long."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"}
    # What is asked of root alone is kept from others' PATH by Debian.
    environment["PATH"] = f"{environment.get('PATH', '')}:/usr/sbin:/sbin"
    try:
        return subprocess.run(
            [program, *words],
            capture_output=True,
            check=False,
            timeout=LIMIT_S,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise CardError(
            lazy(
                "{program} is missing; install it with: {command}",
                program=program, command=f"sudo apt-get install {package}",
            )
        ) from error  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise CardError(
            lazy("{program} took longer than {limit_s:g} s; is the disk well?", program=program, limit_s=LIMIT_S)
        ) from error


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return what a program complained of."""
    return done.stderr.decode(errors="replace").strip()
