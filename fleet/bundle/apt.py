"""Running apt in a private root, with limits, and with its own words where it fails."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING

from fleet.boards.messages import LONGEST_WORDS
from fleet.errors import BundleError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

COMMAND_LIMIT_S = 120.0
TICK_S = 2.0
# A room asks for some hundred packages, each told in a line or in a paragraph.
MOST_OUTPUT_BYTES = 32 * 2**20
# What a package source of a board's own choosing can make apt take: a list that unpacks without end fills no disk, and
# one that is hard to read no processor (prlimit(1)). All lists of Debian take some 300 MB of memory.
MOST_FILE_BYTES = 2 * 2**30
LIMITS = {"fsize": MOST_FILE_BYTES, "as": 4 * 2**30, "cpu": 1200, "core": 0}
# What apt says where the network is why.
FETCHING = re.compile(r"Failed to fetch|Could not|Temporary failure|Unable to|Cannot initiate|Connection")
MISSING = lazy("This computer has no apt, which gathers the packages: use a computer with Debian or Ubuntu for it.")


def run(config: Path, *command: str, limit_s: float = COMMAND_LIMIT_S, may_fail: bool = False) -> str:
    """Return what a command of apt prints under a configuration; BundleError if it fails and may not."""
    with tempfile.TemporaryFile() as output:
        run_into(config, output, *command, limit_s=limit_s, may_fail=may_fail)
        if output.seek(0, os.SEEK_END) > MOST_OUTPUT_BYTES:
            raise BundleError(
                lazy("{program} has far too much to say about these package sources.", program=command[0])
            )
        output.seek(0)
        return output.read().decode(errors="replace")


def said(config: Path, *command: str, limit_s: float = COMMAND_LIMIT_S) -> tuple[bool, str]:
    """Tell whether a command of apt ended well, and all that it says, also of a failure; BundleError as in `run`."""
    with tempfile.TemporaryFile() as output:
        ended_well = _run(config, output, output, *command, limit_s=limit_s) == 0
        return ended_well, _beginning(output)


def run_into(
    config: Path, output: BinaryIO, *command: str, limit_s: float = COMMAND_LIMIT_S, may_fail: bool = False
) -> None:
    """Have a command of apt print into a file; BundleError if it fails and may not."""
    with tempfile.TemporaryFile() as complaints:
        if _run(config, output, complaints, *command, limit_s=limit_s) and not may_fail:
            raise BundleError(complaint(_beginning(complaints)))


def _run(config: Path, output: BinaryIO, complaints: BinaryIO, *command: str, limit_s: float) -> int:
    try:
        return subprocess.run(
            [*_limits(), *command], env=_environment(config), stdin=subprocess.DEVNULL, stdout=output,
            stderr=complaints, timeout=limit_s, check=False,
        ).returncode  # fmt: skip
    except FileNotFoundError as error:
        raise BundleError(MISSING) from error
    except subprocess.TimeoutExpired as error:
        raise BundleError(
            lazy(
                "{program} did not end within {limit_s:g} s; is there internet? Run it again.",
                program=command[0],
                limit_s=limit_s,
            )
        ) from error


def _beginning(file: BinaryIO) -> str:
    file.seek(0)
    return file.read(MOST_OUTPUT_BYTES).decode(errors="replace")


def follow(config: Path, log: Path, tick: Callable[[], None], limit_s: float, *command: str) -> None:
    """Run a command of apt that takes long; BundleError if it fails. `tick` is called now and then, and may raise."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_limits(), *command],
            env=_environment(config),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, tick, limit_s)
        finally:
            process.kill()
            process.wait()
    if process.returncode:
        with log.open("rb") as output:
            raise BundleError(complaint(_beginning(output)))


def _wait(process: subprocess.Popen[bytes], tick: Callable[[], None], limit_s: float) -> None:
    until_s = time.monotonic() + limit_s
    while time.monotonic() < until_s:
        try:
            process.wait(TICK_S)
        except subprocess.TimeoutExpired:
            tick()
        else:
            return
    raise BundleError(
        lazy("apt did not end within {limit_h:g} h; run it again, it goes on from there.", limit_h=limit_s / 3600)
    )


def complaint(output: str) -> str:
    """Return what apt says first about a failure, as a sentence."""
    lines = [line.strip() for line in output.splitlines() if line.startswith("E:")]
    first = lines[0].removeprefix("E: ")[:LONGEST_WORDS] if lines else lazy("nothing")
    question = lazy("; is there internet?") if FETCHING.search(output) or not lines else ""
    return lazy("apt on this computer says: {first}{question}", first=first, question=question)


def proxies() -> str:
    """Return the settings of this computer's apt for its way into the network; BundleError if it has no apt."""
    try:
        output = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, timeout=30, check=False).stdout
    except FileNotFoundError as error:
        raise BundleError(MISSING) from error
    return "".join(line + "\n" for line in output.splitlines() if re.match(r"Acquire::https?::Proxy", line))


def _limits() -> list[str]:
    """Build the call that a command is put behind; where somebody has set a lower limit already, that one stays."""
    there = {name: resource.getrlimit(getattr(resource, f"RLIMIT_{name.upper()}"))[1] for name in LIMITS}
    lower = {name: min(LIMITS[name], limit) for name, limit in there.items() if limit != resource.RLIM_INFINITY}
    return ["prlimit", *(f"--{name}={limit}" for name, limit in {**LIMITS, **lower}.items())]


def _environment(config: Path) -> dict[str, str]:
    return {**os.environ, "APT_CONFIG": str(config), "LC_ALL": "C.UTF-8"}
