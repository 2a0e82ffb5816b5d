"""How root starts our code on a board: a Python that nobody else can lead astray, in a unit that may do little else.

The templates of the units that stay say the same; docs/sandbox.md has why each unit may do more than this.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# All that systemd 247 knows, the oldest there is: systemd-run refuses a word that it does not know.
# What holds for everything of ours that root starts.
CONFINED: dict[str, str] = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateDevices": "yes",
    "PrivateNetwork": "yes",
    "ProtectProc": "invisible",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
    "LimitCORE": "0",
}
# The least that a unit on the board's own system may do.
LEAST: dict[str, str | Sequence[str]] = {
    **CONFINED,
    # Strict leaves it writable beside ProtectKernelTunables and others since systemd 248 (seen with 252 and 257).
    "ReadOnlyPaths": "/run",
    "PrivateTmp": "yes",
    "DevicePolicy": "closed",
    "RestrictAddressFamilies": "AF_UNIX",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallFilter": ("@system-service", "~@privileged @resources"),
    "SystemCallErrorNumber": "EPERM",
}


def python(code: Path) -> list[str]:
    """Begin the command line of our program in an isolated Python, which ignores PYTHON*, the home and the cwd.

    It is started as a file: with -I there is no -m for what is not installed (python(1)). It writes no caches, because
    what it is started from is read-only to it.
    """
    return [sys.executable, "-I", "-B", str(code / "agent" / "__main__.py")]


def properties(more: Mapping[str, str | Sequence[str]]) -> list[str]:
    """Write the words for systemd-run: the least that a unit may do, and what this one may beyond it."""
    return as_words({**LEAST, **more})


def as_words(wanted: Mapping[str, str | Sequence[str]]) -> list[str]:
    """Write properties as words for systemd-run; a list is a property that is given several times."""
    return [f"--property={name}={value}" for name, given in wanted.items() for value in _each(given)]


def _each(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else given
