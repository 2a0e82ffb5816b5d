"""What can be emulated, as data: QEMU's words for a machine, and what its small ram disk needs to find the card."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.i18n import lazy
from virtual.errors import EmulationError


@dataclass(frozen=True)
class Machine:
    """A machine of QEMU's; `modules` are those that the root file system needs, `tree` is its file in the kernel."""

    name: str
    memory_mib: int
    qemu: tuple[str, ...]
    drive: str
    network: str
    root: str
    console: str
    modules: tuple[str, ...]
    tree: str = ""
    # Where the pin's level can be read from outside: the register GPLEV0 of the BCM2837 (its datasheet, page 90).
    level_register: int = 0
    # A Pi has no clock that goes on without power.
    has_clock: bool = True


CORES = 4
VIRT = Machine(
    name="virt",
    memory_mib=1024,
    qemu=("-cpu", "cortex-a72", "-device", "virtio-rng-device"),
    drive="virtio-blk-device",
    network="virtio-net-device",
    root="/dev/vda",
    console="ttyAMA0",
    modules=("virtio_mmio", "virtio_blk", "ext4"),
)
RASPI3B = Machine(
    name="raspi3b",
    memory_mib=1024,
    qemu=(),
    drive="sd",
    network="usb-net",
    root="/dev/mmcblk0",
    console="ttyAMA0,115200",
    modules=("bcm2835", "sdhci-iproc", "mmc_block", "ext4"),
    tree="broadcom/bcm2837-rpi-3-b.dtb",
    level_register=0x3F200034,
    has_clock=False,
)
MACHINES = {machine.name: machine for machine in (VIRT, RASPI3B)}


def named(name: str) -> Machine:
    """The machine of this name; EmulationError if there is none."""
    if name not in MACHINES:
        raise EmulationError(lazy("--machine is {name}: choose one of {all}.", name=name, all=", ".join(MACHINES)))
    return MACHINES[name]
