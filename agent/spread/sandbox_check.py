"""Whether this process is held as agent.spread.unit asks: systemd leaves out what a kernel does not know."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc/self")
FILTERED = 2
WANTED = {"NoNewPrivs": 1, "Seccomp": FILTERED, "CapBnd": 0, "CapEff": 0}


def complaint(proc: Path = PROC, root: str = "/") -> str:
    """Say in a sentence what does not hold; nothing if all does."""
    status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines() if ":" in line)
    lacking = [name for name, value in WANTED.items() if int(status.get(name, "-1"), 16) != value]
    if "0" in status.get("Uid", "0").split():
        lacking.append("an account that is not root")
    if _networks(proc) != {"lo"}:
        lacking.append("a network of its own")
    if not os.statvfs(root).f_flag & os.ST_RDONLY:
        lacking.append("a read-only system")
    if not lacking:
        return ""
    return f"its system cannot keep Dask apart ({', '.join(lacking)}); update it, and restart it."


def _networks(proc: Path) -> set[str]:
    """Name the interfaces of this process; the first two lines are a heading."""
    return {line.split(":")[0].strip() for line in (proc / "net" / "dev").read_text().splitlines()[2:]}
