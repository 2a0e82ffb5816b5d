"""An image of Debian's arm64 in the shape of Raspberry Pi OS 13, which is in no archive of Debian's.

The packages are Debian's own (cloud-init, NetworkManager, netplan, OpenSSH), and so is the kernel that starts them. The
partitions, their labels, the FAT partition's files and the settings are as pi-gen makes them. What Raspberry Pi's own
packages do at a first start (growing the file system, its patches to cloud-init, its kernel) is not in it.

It is put together on this computer: the root of an emulated Pi, whose packages are configured, and over it those that
Raspberry Pi OS has besides. Of the latter no script is run, since none of them is for this processor; what it would
have enabled is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

from tests.rehearsal.test_cloud_init import SYSTEM
from tests.unit import card_parts
from virtual import place
from virtual.commands import attempt, run
from virtual.machines import image

IDENTITY = "0x4d8fd085"  # of the command lines in card_parts
SECTOR, BOOT, BOOT_SECTORS = 512, 16384, 524288
ROOT, ROOT_SIZE = BOOT + BOOT_SECTORS, "3G"
LIMIT_S = 900
PACKAGES = (
    "cloud-init", "network-manager", "netplan.io", "keyboard-configuration", "console-setup", "dosfstools",
    "avahi-daemon", "rfkill", "iw",
)  # fmt: skip
ON = ("NetworkManager", "cloud-init-local", "cloud-init-main", "cloud-init-network", "cloud-config", "cloud-final")
OFF = ("ssh", "systemd-networkd.service", "systemd-networkd.socket", "emulation-camera")
# What made it an emulated Pi, and what an image has none of before its first start: keys, and a kernel's modules.
GONE = (
    "etc/systemd/network/10-emulation.network", "etc/ssh/sshd_config.d/emulation.conf", "etc/ssh/authorized_keys",
    "etc/systemd/system/emulation-camera.service", "etc/modules-load.d/emulation.conf", "etc/modprobe.d/emulation.conf",
    "usr/lib/pilab-emulation", "var/lib/pilab-emulation-made",
    "srv/pilab-scenes", "etc/sudoers.d/010_teacher-nopasswd", "usr/lib/modules", "lost+found",
)  # fmt: skip
FILES = {
    **{path.lstrip("/"): text for path, text in SYSTEM.items() if "98_rehearsal" not in path},
    "etc/netplan/00-network-manager-all.yaml": "network:\n  version: 2\n  renderer: NetworkManager\n",
    "etc/fstab": (
        "proc /proc proc defaults 0 0\n"
        "PARTUUID=4d8fd085-01 /boot/firmware vfat defaults 0 2\n"
        "PARTUUID=4d8fd085-02 / ext4 defaults,noatime 0 1\n"
    ),
    "etc/hostname": "raspberrypi\n",
    "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 raspberrypi\n",
    "etc/machine-id": "",
    # As the scripts of keyboard-configuration leave it.
    "etc/default/keyboard": 'XKBMODEL="pc105"\nXKBLAYOUT="gb"\nXKBVARIANT=""\nXKBOPTIONS=""\nBACKSPACE="guess"\n',
}


def ensure() -> Path:
    """The image, made now where the cache has none."""
    cache = place.emulation().cache
    made = cache / "images" / f"debian-card-{key()}"
    if not made.exists():
        emulated = image.ensure(cache, say)
        work = made.with_suffix(".new")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        _make(emulated / "disk.raw", work)
        work.rename(made)
    os.utime(made)
    return made / "card.img"


def key() -> str:
    """A short name for exactly what the image is made of."""
    recipe = Path(__file__).read_bytes() + image.key().encode()
    return hashlib.sha256(recipe).hexdigest()[:12]


def _make(disk: Path, work: Path) -> None:
    root, more = work / "root", work / "more"
    root.mkdir()
    with image.step(say, "the root of an emulated Pi"):
        run("debugfs", "-R", f"rdump / {root}", str(disk), timeout_s=LIMIT_S)
    with image.step(say, "packages that Raspberry Pi OS has besides"):
        image.extract(more, PACKAGES, image.RELEASE)
        _add(root, more / image.ARCHIVES)
    _shape(root)
    # The kernel lies there for its name alone: QEMU is given one from outside.
    stock = card_parts.fresh_card(work / "stock", **{"kernel8.img": "not of Raspberry Pi's\n"})
    with image.step(say, "partitions"):
        partition(root, stock, work / "card.img")
    for folder in (root, more, stock):
        shutil.rmtree(folder)


def _add(root: Path, archives: Path) -> None:
    """Extract the packages that the root does not have yet."""
    status = (root / "var/lib/dpkg/status").read_text()
    for archive in sorted(archives.glob("*.deb")):
        name = archive.name.partition("_")[0]
        if f"\nPackage: {name}\n" not in f"\n{status}":
            run("dpkg-deb", "--extract", str(archive), str(root))


def _shape(root: Path) -> None:
    """Make an emulated Pi an image as pi-gen makes it: no account, no key, no name, ssh off."""
    # Else it would run the root's own update-rc.d.
    systemctl = ("env", "SYSTEMCTL_SKIP_SYSV=1", "systemctl", f"--root={root}", "--quiet")
    for unit in OFF:
        run(*systemctl, "disable", unit)
    for unit in ON:
        run(*systemctl, "enable", unit)
    run("userdel", "--prefix", str(root), "--remove", "teacher")
    for path in [*(root / name for name in GONE), *(root / "etc/ssh").glob("ssh_host_*")]:
        attempt("rm", "-rf", str(path))
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).unlink(missing_ok=True)
        (root / name).write_text(text)
    (root / "etc/netplan/00-network-manager-all.yaml").chmod(0o600)
    (root / "boot/firmware").mkdir(parents=True, exist_ok=True)
    (root / "etc/systemd/network/99-default.link").symlink_to("/dev/null")
    # debugfs takes the mode of a file before its owner, which drops this bit.
    for name in ("sudo", "su", "passwd", "mount", "umount"):
        (root / "usr/bin" / name).chmod(0o4755)
    # Through it, cloud-init's units speak to each other; the package's script makes the link.
    (root / "usr/bin/nc").symlink_to("nc.openbsd")


def partition(root: Path, stock: Path, made: Path) -> None:
    """Put a root and the files of a FAT partition into an image, as pi-gen does."""
    with made.open("wb") as file:
        file.truncate(ROOT * SECTOR + 3 * 2**30)
    table = f"label: dos\nlabel-id: {IDENTITY}\n{BOOT},{BOOT_SECTORS},c\n{ROOT},,83\n"
    run("sfdisk", "--quiet", str(made), stdin=table)
    at = f"{made}@@{BOOT * SECTOR}"
    run("mformat", "-i", at, "-T", str(BOOT_SECTORS), "-v", "bootfs", "::")
    for each in stock.iterdir():
        run("mcopy", "-i", at, str(each), f"::{each.name}")
    words = ("-q", "-t", "ext4", "-L", "rootfs", "-d", str(root), "-E", f"offset={ROOT * SECTOR}")
    run("mke2fs", *words, str(made), ROOT_SIZE, timeout_s=LIMIT_S)


def say(words: str) -> None:
    """Tell whoever watches how long it takes."""
    sys.stderr.write(f"{words}\n")
