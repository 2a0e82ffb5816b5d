"""`camera`: checks the camera of this board while the circle loop is paused, which comes back however this ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.board import firmware, sandbox, units
from agent.board.paths import AGENT_CONFIG, CODE, EXPERIMENTER
from agent.check.take import refuse_while, take_all
from agent.errors import CheckError
from agent.settings.config import check_config, read_config

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

UNIT = "pilab-camera.service"
LONGEST_S = 180
# Those of the agent without its pins, what vcgencmd asks, and the screen for the preview.
DEVICES = (
    *("char-video4linux", "char-media", "char-dma_heap", "char-drm", "/dev/vcsm-cma"),
    *firmware.DEVICES,
)
SYSTEMCTL = "/bin/systemctl"


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `camera` to the commands."""
    parser = subparsers.add_parser("camera", help="check this board's camera while the circle loop is paused")
    parser.add_argument("action", choices=["check", "take"], help="check takes the pictures in a unit of its own")
    parser.add_argument("--config", type=Path, default=AGENT_CONFIG, metavar="FILE")


def main(arguments: argparse.Namespace) -> int:
    """Do either."""
    if arguments.action == "check":
        return _check()
    take_all(check_config(read_config(arguments.config)).camera, sys.stdout)
    return 0


def _check() -> int:
    refuse_while(units.bench_runs)
    if units.is_present(UNIT):
        raise CheckError("The camera of this board is being checked already; wait for the end of that.")
    words = command(loop_runs=units.is_active(units.AGENT))
    return subprocess.run(words, stdin=subprocess.DEVNULL, check=False).returncode


def command(*, loop_runs: bool) -> list[str]:
    """Build the call of systemd-run: the unit's last step brings the loop back, also after a kill."""
    return [
        *("systemd-run", "--quiet", "--collect", "--wait", "--pipe", f"--unit={UNIT}"),
        *sandbox.properties({**_limits(), **(_making_way() if loop_runs else {})}),
        *(*sandbox.python(CODE), "camera", "take"),
    ]


def _limits() -> dict[str, str | Sequence[str]]:
    """Name what this unit may do beyond the least, each for what docs/sandbox.md says."""
    return {
        "User": EXPERIMENTER,
        "SupplementaryGroups": "video",
        "RuntimeMaxSec": f"{LONGEST_S}s",
        "TimeoutStopSec": "60s",
        "PrivateDevices": "no",
        "DeviceAllow": [f"{device} rw" for device in DEVICES],
        "RestrictAddressFamilies": "AF_UNIX AF_NETLINK",
        "SystemCallFilter": ("@system-service", "~@privileged"),
        "MemoryDenyWriteExecute": "no",  # what draws the preview may compile for the screen
    }


def _making_way() -> dict[str, str | Sequence[str]]:
    """Only root may stop and start the loop: two steps outside of the sandbox, in which nothing of ours is run."""
    return {
        "ExecStartPre": f"+{SYSTEMCTL} stop {units.AGENT}",
        "ExecStopPost": f"+{SYSTEMCTL} start {units.AGENT}",
    }
