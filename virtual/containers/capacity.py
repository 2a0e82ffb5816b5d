"""How many virtual Pis this computer holds."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from virtual.containers.boards import MOST_PIS
from virtual.errors import RehearsalError

MEMORY = Path("/proc/meminfo")
# Measured on boards that were provisioned and looked for circles. Memory: the programs of a board share in 0.16 to 0.21
# GB (PSS of smaps_rollup), and dpkg comes on top. Disk: 0.8, 1.1 and 1.5 GB of changed files on bullseye, bookworm and
# trixie, which take turns; in a room of thirty up to 1.4 GB each, and 0.3 GB of packages that no earlier one fetched.
MEMORY_BYTES = 250_000_000
DISK_BYTES = 1_200_000_000
MOST_DISK_BYTES = 1_700_000_000
GB = 1e9


@dataclass(frozen=True)
class Free:
    """What is free on a computer: memory, and the disk that holds a folder."""

    memory_bytes: int
    disk_bytes: int
    folder: Path


def free(folder: Path) -> Free:
    """What is free on this computer now; memory as the kernel estimates what a new program gets without swapping."""
    found = re.search(r"^MemAvailable: +(\d+) kB$", MEMORY.read_text(), re.MULTILINE)
    memory_bytes = int(found[1]) * 1024 if found else 0
    return Free(memory_bytes, shutil.disk_usage(folder).free, folder)


def fits(pis: int, free: Free) -> bool:
    """Whether there is memory and disk for so many virtual Pis."""
    return pis <= _most(free)


def _most(free: Free) -> int:
    return min(free.memory_bytes // MEMORY_BYTES, free.disk_bytes // DISK_BYTES, MOST_PIS)


def refuse_more_than_fit(pis: int, free: Free) -> None:
    """Raise RehearsalError with the number that fits where so many virtual Pis do not."""
    if fits(pis, free):
        return
    most = _most(free)
    has = f"{free.memory_bytes / GB:.1f} GB of memory and {free.disk_bytes / GB:.1f} GB in {free.folder} are free"
    each = f"{MEMORY_BYTES / GB} and {DISK_BYTES / GB} GB"
    fix = f"ask for at most {most}" if most else "free more of it"
    raise RehearsalError(f"--pis is {pis}: {has}, and each virtual Pi takes {each} once it is provisioned; {fix}.")


def tight(pis: int, free: Free) -> str:
    """Say so if the disk may become full of what the playbook brings to so many virtual Pis; nothing if it may not."""
    wanted_bytes = pis * MOST_DISK_BYTES
    if free.disk_bytes >= wanted_bytes:
        return ""
    return (
        f"{pis} virtual Pis take up to {wanted_bytes / GB:.0f} GB in {free.folder} once they are provisioned, and "
        f"{free.disk_bytes / GB:.0f} GB are free: make room there, or start fewer."
    )
