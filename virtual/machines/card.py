"""Somebody's card in an emulated Pi: a kernel that needs none of its modules, and a disk over its image.

The kernel is Debian's, since QEMU has neither the firmware nor all the hardware for that of Raspberry Pi OS. Everything
from the first program on is the card's own.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual.commands import run
from virtual.machines import devicetree, image, initrd
from virtual.machines.machines import VIRT

if TYPE_CHECKING:
    from virtual.lifecycle import Report
    from virtual.state import Card

INIT = Path(__file__).parent / "cards/init"
MACHINE = VIRT
# What a card of Raspberry Pi OS has no modules for: its FAT partition, automounts, the network card of the machine.
MODULES = ("vfat", "nls_cp437", "nls_ascii", "autofs4", "virtio_net")
RECIPE = "1"
COPY_TIMEOUT_S = 300
LARGEST_BLOCK_BYTES = 4 * 2**20


def kernel(cache: Path, report: Report) -> Path:
    """The folder with kernel, ram disk and device tree for cards; made now where the cache has none."""
    return image.kept(cache, f"kernel-{key()}", lazy("kernel for cards"), _fill, report)


def key() -> str:
    """A short name for exactly what the folder is made of."""
    trees = sorted((Path(__file__).parent / "trees").iterdir())
    words = repr((RECIPE, MODULES, MACHINE)).encode()
    contents = [words, INIT.read_bytes(), *(path.read_bytes() for path in trees)]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()[:12]


def _fill(work: Path, made: Path, report: Report) -> None:
    fetched = work / "kernel"
    image.fetch_kernel(fetched, report)
    modules = image.modules_of(fetched)
    (made / "vmlinuz").write_bytes((modules / "vmlinuz").read_bytes())
    initrd.make(fetched, MACHINE, made / f"{MACHINE.name}.initrd", INIT, MODULES)
    devicetree.make(modules / "dtb", MACHINE, made / f"{MACHINE.name}.dtb")


def words(card: Card) -> str:
    """What the first program is told: the devices of the card's two partitions."""
    return f"pilab.boot={MACHINE.root}{card.boot} pilab.root={MACHINE.root}{card.root}"


def disk_size(card: Card) -> str:
    """How large the board's disk is, in bytes: QEMU takes cards of 2 to the n."""
    return str(1 << (Path(card.image).stat().st_size - 1).bit_length())


def copy_bootfs(card: Card, disk: Path, target: Path) -> Path:
    """Copy the FAT partition as the board's disk has it; nobody may be writing to it meanwhile."""
    target.unlink(missing_ok=True)
    block = math.gcd(card.boot_start, card.boot_size, LARGEST_BLOCK_BYTES)
    # qemu-img counts what is skipped too (img_dd of qemu-img.c).
    end = card.boot_start + card.boot_size
    at = (f"bs={block}", f"skip={card.boot_start // block}", f"count={end // block}")
    run("qemu-img", "dd", "-U", "-f", "qcow2", "-O", "raw", *at, f"if={disk}", f"of={target}", timeout_s=COPY_TIMEOUT_S)
    return target
