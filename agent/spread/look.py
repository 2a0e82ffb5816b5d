"""Whether this board can be part of the room's computer, and how fast it adds; without loading Dask."""

from __future__ import annotations

import os
from importlib import metadata

from agent.bench import services
from agent.bench.board import facts, meminfo_bytes
from agent.bench.governor import read
from agent.bench.place import Place
from agent.bench.unit import is_there
from agent.spread import adding

TRIAL_ADDITIONS = 20_000_000


def look() -> dict[str, object]:
    """Return the facts of the board that count, a board without Dask or without the C program included."""
    place = Place()
    return {
        **facts(place),
        "dask": _version(),
        "available_bytes": meminfo_bytes(read(place.proc / "meminfo"), "MemAvailable"),
        "agent_runs": services.is_active(services.AGENT),
        "bench_runs": is_there(),
        "additions_per_s": _additions_per_s(),
    }


def _version() -> str:
    try:
        return metadata.version("distributed")
    except metadata.PackageNotFoundError:
        return ""


def _additions_per_s() -> int:
    """Try the program on one processor; 0 if it is not there."""
    if not os.access(adding.PROGRAM, os.X_OK):
        return 0
    _, loop_ns = adding.add(TRIAL_ADDITIONS)
    return TRIAL_ADDITIONS * 1_000_000_000 // max(1, loop_ns)
