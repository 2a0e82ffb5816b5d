"""Whether this board can be part of the room's computer, and how fast it adds; without loading Dask."""

from __future__ import annotations

import subprocess
from importlib import metadata
from importlib.util import find_spec

from agent.board import units
from agent.board.calibrate import fitting_size
from agent.board.facts import available_bytes, facts
from agent.board.paths import Paths
from agent.spread import adding

# Shorter trials told anything between a tenth and eight times the truth on a busy board.
TRIAL_NS = 300_000_000
FIRST_ADDITIONS = 1_000_000


def look() -> dict[str, object]:
    """Return the facts of the board that count, a board without Dask or without the C program included."""
    paths = Paths()
    return {
        **facts(paths),
        "dask": _version(),
        "available_bytes": available_bytes(paths),
        "agent_runs": units.is_active(units.AGENT),
        "bench_runs": units.bench_runs(),
        "additions_per_s": _additions_per_s(),
    }


def _version() -> str:
    """Name the version of Dask; nothing if it is not whole: bullseye's package forgets that it needs tornado."""
    if find_spec("tornado") is None:
        return ""
    try:
        return metadata.version("distributed")
    except metadata.PackageNotFoundError:
        return ""


def _additions_per_s() -> int:
    """Try the program on one processor; 0 if it is not there, or does not run here."""
    try:
        fitting = fitting_size(lambda additions: adding.add(additions)[1], TRIAL_NS, FIRST_ADDITIONS)
    except (OSError, subprocess.SubprocessError):
        return 0
    return fitting * 1_000_000_000 // TRIAL_NS
