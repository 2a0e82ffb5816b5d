"""Running apt in a private root, with its own words where it fails."""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import TYPE_CHECKING

from fleet.errors import BundleError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COMMAND_LIMIT_S = 120.0
DOWNLOAD_LIMIT_S = 4 * 3600.0
TICK_S = 2.0
MISSING = "This computer has no apt, which gathers the packages: use a computer with Debian or Ubuntu for it."


def run(config: Path, *command: str, limit_s: float = COMMAND_LIMIT_S, may_fail: bool = False) -> str:
    """Return what a command of apt prints under a configuration; BundleError if it fails and may not."""
    try:
        ran = subprocess.run(
            command, env=_environment(config), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=limit_s, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise BundleError(MISSING) from error
    except subprocess.TimeoutExpired as error:
        raise BundleError(f"{command[0]} did not end within {limit_s:g} s; is there internet? Run it again.") from error
    if ran.returncode and not may_fail:
        raise BundleError(complaint(ran.stderr))
    return ran.stdout


def follow(config: Path, log: Path, tick: Callable[[], None], *command: str) -> None:
    """Run a command of apt that takes long; `tick` is called every few seconds."""
    with log.open("w", encoding="utf-8") as said:
        process = subprocess.Popen(
            command, env=_environment(config), stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, tick)
        finally:
            process.kill()
            process.wait()
    if process.returncode:
        raise BundleError(complaint(log.read_text(encoding="utf-8", errors="replace")))


def _wait(process: subprocess.Popen[bytes], tick: Callable[[], None]) -> None:
    limit_s = time.monotonic() + DOWNLOAD_LIMIT_S
    while time.monotonic() < limit_s:
        try:
            process.wait(TICK_S)
        except subprocess.TimeoutExpired:
            tick()
        else:
            return
    raise BundleError(f"apt did not end within {DOWNLOAD_LIMIT_S / 3600:g} h; run it again, it goes on from there.")


def complaint(said: str) -> str:
    """Return what apt says first about a failure, as a sentence."""
    lines = [line.strip() for line in said.splitlines() if line.startswith("E:")]
    return f"apt on this computer says: {lines[0].removeprefix('E: ') if lines else 'nothing'}; is there internet?"


def proxies() -> str:
    """Return the settings of this computer's apt for its way into the network."""
    try:
        said = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, timeout=30, check=False).stdout
    except FileNotFoundError as error:
        raise BundleError(MISSING) from error
    return "".join(line + "\n" for line in said.splitlines() if re.match(r"Acquire::https?::Proxy", line))


def _environment(config: Path) -> dict[str, str]:
    return {**os.environ, "APT_CONFIG": str(config), "LC_ALL": "C.UTF-8"}
