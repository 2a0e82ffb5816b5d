"""The frequency governors of the board (L10): seeing them, setting them, and noticing when one does not take."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.board.kernel import read, read_number
from agent.errors import BenchError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


# Those that Linux has; what a board offers of them, it says only of those that are loaded.
GOVERNORS = ("performance", "powersave", "ondemand", "conservative", "userspace", "schedutil")


@dataclass(frozen=True)
class Policy:
    """Cores that share one clock, and how it is governed."""

    name: str
    cpus: tuple[int, ...]
    governor: str
    available: tuple[str, ...]
    min_khz: int | None
    max_khz: int | None


def policies(cpufreq: Path) -> list[Policy]:
    """List what the kernel offers; a board without cpufreq has none."""
    return [_policy(folder) for folder in policy_folders(cpufreq)]


def policy_folders(cpufreq: Path) -> list[Path]:
    """List the folders of the policies by number."""
    named = [folder for folder in cpufreq.glob("policy*") if re.fullmatch(r"policy\d+", folder.name)]
    return sorted(named, key=lambda folder: int(folder.name.removeprefix("policy")))


def _policy(folder: Path) -> Policy:
    return Policy(
        name=folder.name,
        cpus=tuple(int(cpu) for cpu in read(folder / "related_cpus").split()),
        governor=read(folder / "scaling_governor"),
        available=tuple(read(folder / "scaling_available_governors").split()),
        min_khz=read_number(folder / "scaling_min_freq"),
        max_khz=read_number(folder / "scaling_max_freq"),
    )


def current(cpufreq: Path) -> dict[str, str]:
    """Tell which governor each policy has now."""
    return {folder.name: read(folder / "scaling_governor") for folder in policy_folders(cpufreq)}


def set_governors(cpufreq: Path, wanted: Mapping[str, str]) -> None:
    """Set the governor of each policy named; BenchError if the kernel did not take one.

    The list of available governors is not asked: it grows when a governor is written, because only then the kernel
    loads it (seen with kernel 6.12).
    """
    for name, governor in wanted.items():
        _set_one(cpufreq / name, governor)


def set_everywhere(cpufreq: Path, governor: str) -> None:
    """Set the same governor for all cores."""
    set_governors(cpufreq, dict.fromkeys(current(cpufreq), governor))


def _set_one(folder: Path, governor: str) -> None:
    file = folder / "scaling_governor"
    try:
        file.write_text(governor, encoding="ascii")
    except OSError as error:
        raise BenchError(f"{_refusal(folder, governor)}: {error.strerror}; {_offer(folder)}.") from error
    taken = read(file)
    if taken != governor:
        raise BenchError(f"{_refusal(folder, governor)} and stays at '{taken}'; {_offer(folder)}.")


def _refusal(folder: Path, governor: str) -> str:
    return f"{folder.name} of this board does not take the governor '{governor}'"


def _offer(folder: Path) -> str:
    available = read(folder / "scaling_available_governors").split()
    return f"it offers {', '.join(available)}" if available else "it offers none"
