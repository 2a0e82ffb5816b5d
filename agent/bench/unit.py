"""The systemd unit a run lives in: one at a time, and its last step puts the board back."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

from agent.board import firmware, sandbox
from agent.board.programs import ask, do
from agent.board.units import BENCH, bench_runs
from agent.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from agent.board.paths import Paths

DESCRIPTION = "Pilab bench of run "
PUTTING_BACK_LIMIT_S = 120
POLL_S = 0.2


def start(run: str, plan: Path, records: Path, paths: Paths) -> None:
    """Start the run; its unit is there when this returns."""
    do(*start_command(run, plan, records, paths))


def start_command(run: str, plan: Path, records: Path, paths: Paths) -> list[str]:
    """Build the call of systemd-run."""
    bench = [*sandbox.python(paths.code), "bench"]
    return [
        "systemd-run",
        "--quiet",
        "--collect",  # a failed run must not block the name of the unit
        f"--unit={BENCH}",
        f"--description={DESCRIPTION}{run}",
        *sandbox.properties({**_limits(paths), "ExecStopPost": shlex.join([*bench, "restore"])}),
        *(*bench, "run", "--plan", str(plan), "--records", str(records)),
    ]


def _limits(paths: Paths) -> dict[str, str | Sequence[str]]:
    """Name what this unit needs beyond the least, each for what docs/sandbox.md says."""
    return {
        "Type": "exec",
        "KillMode": "mixed",  # the runner ends its experiment by itself, and writes that it did
        "TimeoutStopSec": f"{PUTTING_BACK_LIMIT_S}s",
        "CapabilityBoundingSet": "CAP_SETUID CAP_SETGID CAP_KILL",
        "SystemCallFilter": "@system-service",
        "ReadWritePaths": [str(paths.state), f"-{paths.cpufreq.parent}"],
        "PrivateDevices": "no",
        "DeviceAllow": [f"{device} rw" for device in firmware.DEVICES],
    }


def stop() -> None:
    """Stop the run; the board is back when this returns."""
    do("systemctl", "stop", BENCH, limit_s=2 * PUTTING_BACK_LIMIT_S)


def current_run() -> str:
    """Name the run that lives; nothing if there is none."""
    if not bench_runs():
        return ""
    return ask("systemctl", "show", "--property=Description", "--value", BENCH).removeprefix(DESCRIPTION)


def wait_until_gone(limit_s: float) -> None:
    """Wait for the last step of a run that has ended; BusyError if that takes too long."""
    limit = time.monotonic() + limit_s
    while bench_runs():
        if time.monotonic() > limit:
            raise BusyError(f"{BENCH} still puts the board back after {limit_s:g} s; look at it with: systemctl status")
        time.sleep(POLL_S)
