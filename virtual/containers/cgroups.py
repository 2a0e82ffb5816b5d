"""The control group of each guest, through which its simulated clock becomes real processor time."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
# Bandwidth is given out per period; 100 ms is the kernel's default (Documentation/scheduler/sched-bwc.rst).
PERIOD_US = 100_000
# The kernel refuses less than 1 ms per period.
LEAST_QUOTA_US = 1_000


def quota_us(speed: float, share_cores: float) -> int | None:
    """Processor time per period for a guest whose clock runs at `speed` (0 to 1) of its highest; None is no limit."""
    if speed >= 1:
        return None
    return max(LEAST_QUOTA_US, round(PERIOD_US * speed * share_cores))


def folders(label: str, name: str) -> list[Path]:
    """The groups of a guest: the one that limits it first, then those that systemd keeps its services in."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT / label / name]
    return [ROOT / kind / label / name for kind in ("cpu", "unified", "systemd") if (ROOT / kind).exists()]


def make(label: str, name: str) -> list[Path]:
    """Make the groups of a guest."""
    made = folders(label, name)
    for folder in made:
        folder.mkdir(parents=True, exist_ok=True)
    if (ROOT / "cgroup.controllers").exists():
        for parent in (ROOT, ROOT / label):
            (parent / "cgroup.subtree_control").write_text("+cpu")
    return made


def limit(folder: Path, quota: int | None) -> None:
    """Give a guest so much processor time per period, in the words of the kernel's first or second control groups."""
    second = folder / "cpu.max"
    if second.exists():
        second.write_text(f"{quota or 'max'} {PERIOD_US}")
    else:
        (folder / "cpu.cfs_quota_us").write_text(str(quota or -1))


def members(label: str, name: str = "") -> set[int]:
    """Every process that is in a group of this room, or of one of its guests."""
    found: set[int] = set()
    for top in folders(label, name) if name else {folder.parent for folder in folders(label, "any")}:
        for group in _groups(top):
            with suppress(OSError):
                found.update(map(int, (group / "cgroup.procs").read_text().split()))
    return found


def _groups(top: Path) -> list[Path]:
    """Return a group and all below it, parents first; one that goes while we look is passed over by os.walk."""
    return [Path(folder) for folder, _, _ in os.walk(top)]


def remove(label: str) -> None:
    """Take the groups of a room away; its processes must have ended."""
    for top in {folder.parent for folder in folders(label, "any")}:
        for folder in reversed(_groups(top)):
            _remove_one(folder)


def _remove_one(folder: Path, tries: int = 50) -> None:
    """A group stays busy for some milliseconds after its last process ended."""
    for _ in range(tries):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.02)
        else:
            return
