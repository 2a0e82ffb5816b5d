"""What a machine tells its kernel of itself: QEMU's or the kernel's own device tree, with what a Pi has besides."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from virtual.commands import run
from virtual.machines.machines import CORES

if TYPE_CHECKING:
    from virtual.machines.machines import Machine

OVERLAYS = Path(__file__).parent / "trees"


def make(trees: Path, machine: Machine, target: Path) -> None:
    """Make the device tree of a machine; `trees` are those that come with the kernel."""
    plain, overlay = target.with_suffix(".plain"), target.with_suffix(".overlay")
    if machine.tree:
        shutil.copy(trees / machine.tree, plain)
    else:
        _dump(machine, plain)
    run("dtc", "-@", "-q", "-I", "dts", "-O", "dtb", "-o", str(overlay), str(OVERLAYS / f"{machine.name}.dts"))
    run("fdtoverlay", "-i", str(plain), "-o", str(target), str(overlay))
    plain.unlink()
    overlay.unlink()


def _dump(machine: Machine, target: Path) -> None:
    """Have QEMU write down the tree that it would make for itself."""
    run(
        "qemu-system-aarch64", "-machine", f"{machine.name},dumpdtb={target}", "-smp", str(CORES),
        "-m", str(machine.memory_mib), *machine.qemu, "-nic", "none", "-display", "none",
    )  # fmt: skip
