"""`camera`: checks the camera of this board while the circle loop makes way, which comes back however this ends."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.bench import services, unit
from agent.bench.commands import ask
from agent.check.take import refuse_while, take_all
from agent.config import check_config, read_config
from agent.errors import CheckError

if TYPE_CHECKING:
    import argparse

UNIT = "pilab-camera.service"
CODE = Path(__file__).resolve().parents[2]
# In memory: after a power cut the agent starts by itself.
MADE_WAY = Path("/run/pilab-camera-made-way")
LONGEST_S = 180
USUAL_CONFIG = Path("/etc/pilab/agent.toml")


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `camera` to the commands."""
    parser = subparsers.add_parser("camera", help="check this board's camera while the circle loop makes way")
    parser.add_argument("action", choices=["check", "take", "restore"], help="check does the other two in a unit")
    parser.add_argument("--config", type=Path, default=USUAL_CONFIG, metavar="FILE")


def main(arguments: argparse.Namespace) -> int:
    """Do one of the three."""
    if arguments.action == "check":
        return _check()
    if arguments.action == "restore":
        restore()
        return 0
    make_way()
    take_all(check_config(read_config(arguments.config)).camera, sys.stdout)
    return 0


def _check() -> int:
    refuse_while(unit.is_there)
    if ask("systemctl", "is-active", UNIT) in {"active", "activating", "deactivating"}:
        raise CheckError("The camera of this board is being checked already; wait for the end of that.")
    return subprocess.run(command(), stdin=subprocess.DEVNULL, check=False).returncode


def command() -> list[str]:
    """Build the call of systemd-run: the unit's last step brings the loop back, also after a kill."""
    agent = [sys.executable, "-m", "agent", "camera"]
    properties = {
        "WorkingDirectory": str(CODE),
        "PrivateTmp": "yes",
        "RuntimeMaxSec": f"{LONGEST_S}s",
        "TimeoutStopSec": "60s",
        "ExecStopPost": shlex.join([*agent, "restore"]),
    }
    return [
        *("systemd-run", "--quiet", "--collect", "--wait", "--pipe", f"--unit={UNIT}"),
        *(f"--property={name}={value}" for name, value in properties.items()),
        *(*agent, "take"),
    ]


def make_way() -> None:
    """Stop the circle loop if it runs, and write down that it did."""
    if services.is_active(services.AGENT):
        MADE_WAY.touch()
        services.stop(services.AGENT)


def restore() -> None:
    """Start the circle loop again if it made way."""
    if MADE_WAY.exists():
        services.start(services.AGENT)
        MADE_WAY.unlink()
