"""An image of Debian's arm64 in the shape of Raspberry Pi OS 13, which is in no archive of Debian's.

The packages are Debian's own (cloud-init, NetworkManager, netplan, OpenSSH), and so is the kernel that starts them. The
partitions, their labels, the FAT partition's files and the settings are as pi-gen makes them. What Raspberry Pi's own
packages do at a first start (growing the file system, its patches to cloud-init, its kernel) is not in it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from tests.rehearsal.conftest import wait_until
from tests.rehearsal.test_cloud_init import SYSTEM
from tests.unit import card_parts
from virtual import place
from virtual.commands import run
from virtual.machines import emulation, image, machines, vm

IDENTITY = "0x4d8fd085"  # of the command lines in card_parts
SECTOR, BOOT, BOOT_SECTORS = 512, 16384, 524288
ROOT = BOOT + BOOT_SECTORS
PLACE = "/etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg"
PACKAGES = (
    "cloud-init network-manager netplan.io keyboard-configuration console-setup dosfstools avahi-daemon rfkill iw"
)
INSTALL = (
    "apt-get update -qq && DEBIAN_FRONTEND=noninteractive "
    f"apt-get install --yes --quiet --no-install-recommends {PACKAGES} && apt-get clean"
)
FSTAB = (
    "proc /proc proc defaults 0 0\\n"
    "PARTUUID=4d8fd085-01 /boot/firmware vfat defaults 0 2\\n"
    "PARTUUID=4d8fd085-02 / ext4 defaults,noatime 0 1\\n"
)
INSTALL_LIMIT_S, OFF_LIMIT_S, COPY_LIMIT_S = 3600, 600, 300
# As root, at the end: no account, no key, no name, nothing of the emulated Pi, and no module of its kernel.
SHAPE = f"""set -e
systemctl disable --quiet ssh systemd-networkd systemd-networkd.socket emulation-camera
systemctl enable --quiet NetworkManager
mkdir -p /boot/firmware /etc/cloud/cloud.cfg.d
cat >{PLACE} <<'END'
{SYSTEM[PLACE]}END
printf 'network:\\n  version: 2\\n  renderer: NetworkManager\\n' >/etc/netplan/00-network-manager-all.yaml
chmod 600 /etc/netplan/00-network-manager-all.yaml
printf '{FSTAB}' >/etc/fstab
ln -sf /dev/null /etc/systemd/network/99-default.link
sed -i 's/.*publish-workstation=.*/publish-workstation=yes/' /etc/avahi/avahi-daemon.conf
rm -rf /etc/systemd/network/10-emulation.network /etc/ssh/sshd_config.d/emulation.conf /etc/ssh/authorized_keys
rm -rf /etc/ssh/ssh_host_* /etc/systemd/system/emulation-camera.service /etc/modules-load.d/emulation.conf
rm -rf /etc/udev/rules.d/70-emulation.rules /usr/lib/pilab-emulation /var/lib/pilab-emulation-made /srv/pilab-scenes
rm -rf /var/lib/cloud /var/lib/apt/lists /usr/lib/modules /etc/sudoers.d/010_teacher-nopasswd
printf 'raspberrypi\\n' >/etc/hostname
printf '127.0.0.1 localhost\\n127.0.1.1 raspberrypi\\n' >/etc/hosts
: >/etc/machine-id
pkill -KILL -u teacher sshd || true
userdel --force --remove teacher 2>/dev/null || true
sync
systemctl poweroff --force
"""


def ensure() -> Path:
    """The image, made now where the cache has none."""
    cache = place.emulation().cache / "images"
    path = cache / f"debian-card-{key()}" / "card.img"
    if not path.exists():
        work = path.parent.with_suffix(".new")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        _make(work)
        work.rename(path.parent)
    os.utime(path.parent)
    return path


def key() -> str:
    """A short name for exactly what the image is made of."""
    recipe = Path(__file__).read_bytes() + image.key().encode()
    return hashlib.sha256(recipe).hexdigest()[:12]


def _make(work: Path) -> None:
    root = work / "root.raw"
    _become(root)
    # The kernel lies there for its name alone: QEMU is given one from outside.
    stock = card_parts.fresh_card(work / "stock", **{"kernel8.img": "not of Raspberry Pi's\n"})
    partition(root, stock, work / "card.img")
    root.unlink()


def _become(root: Path) -> None:
    """Have an emulated Pi install what Raspberry Pi OS has, and leave no trace of what it was."""
    board, here = emulation.up(machines.VIRT.name, say), place.emulation()
    try:
        run(*emulation.ssh(here, board, f"sudo sh -c '{INSTALL}'"), timeout_s=INSTALL_LIMIT_S)
        begin = "sudo tee /run/shape >/dev/null && sudo systemd-run --quiet --collect sh /run/shape"
        run(*emulation.ssh(here, board, begin), stdin=SHAPE)
        wait_until(lambda: not vm.running(here), timeout_s=OFF_LIMIT_S)
        run("qemu-img", "convert", "-O", "raw", str(vm.disk(here)), str(root), timeout_s=COPY_LIMIT_S)
    finally:
        emulation.down(say)
    run("e2fsck", "-fp", str(root), timeout_s=COPY_LIMIT_S)
    run("e2label", str(root), "rootfs")


def partition(root: Path, stock: Path, made: Path) -> None:
    """Put a root and the files of a FAT partition into an image, as pi-gen does."""
    with made.open("wb") as file:
        file.truncate(ROOT * SECTOR + root.stat().st_size)
    table = f"label: dos\nlabel-id: {IDENTITY}\n{BOOT},{BOOT_SECTORS},c\n{ROOT},,83\n"
    run("sfdisk", "--quiet", str(made), stdin=table)
    at = f"{made}@@{BOOT * SECTOR}"
    run("mformat", "-i", at, "-T", str(BOOT_SECTORS), "-v", "bootfs", "::")
    for each in stock.iterdir():
        run("mcopy", "-i", at, str(each), f"::{each.name}")
    to = (f"of={made}", "bs=1M", f"seek={ROOT * SECTOR // 2**20}", "conv=sparse,notrunc")
    run("dd", f"if={root}", *to, "status=none", timeout_s=COPY_LIMIT_S)


def say(words: str) -> None:
    """Tell whoever watches how long it takes."""
    sys.stderr.write(f"{words}\n")
