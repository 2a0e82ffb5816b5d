"""How many virtual Pis this computer holds."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from fleet.i18n import lazy
from virtual.containers.boards import MOST_PIS
from virtual.errors import RehearsalError

MEMORY = Path("/proc/meminfo")
# Measured on boards that were provisioned and looked for circles. Memory: the programs of a board share in 0.16 to 0.21
# GB (PSS of smaps_rollup), and dpkg comes on top. Disk: 0.6, 0.7 and 1.1 GB of changed files on bullseye, bookworm and
# trixie, which take turns; in a room of thirty up to 1.4 GB each before roots had a compiler, and 0.3 GB of packages
# that no earlier one fetched.
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
    raise RehearsalError(
        lazy(
            "--pis is {pis}: {memory:.1f} GB of memory and {disk:.1f} GB in {folder} are free, and each virtual Pi "
            "takes {its_memory} and {its_disk} GB once it is provisioned; {fix}.",
            pis=pis,
            memory=free.memory_bytes / GB,
            disk=free.disk_bytes / GB,
            folder=free.folder,
            its_memory=MEMORY_BYTES / GB,
            its_disk=DISK_BYTES / GB,
            fix=lazy("ask for at most {most}", most=most) if most else lazy("free more of it"),
        )
    )


def tight(pis: int, free: Free) -> str:
    """Say so if the disk may become full of what the playbook brings to so many virtual Pis; nothing if it may not."""
    wanted_bytes = pis * MOST_DISK_BYTES
    if free.disk_bytes >= wanted_bytes:
        return ""
    return lazy(
        "{pis} virtual Pis take up to {wanted:.0f} GB in {folder} once they are provisioned, and {free:.0f} GB are "
        "free: make room there, or start fewer.",
        pis=pis,
        wanted=wanted_bytes / GB,
        folder=free.folder,
        free=free.disk_bytes / GB,
    )
