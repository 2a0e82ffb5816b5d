"""Cards as Raspberry Pi Imager leaves them, and seats for them. The lines are those of pi-gen's branches."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from fleet.cards.seat import HostKey, Seat, Wifi

CONFIGS = Path(__file__).parents[2] / "virtual/containers/standins/config"
ROOT = "console=serial0,115200 console=tty1 root=PARTUUID=4d8fd085-02 rootfstype=ext4 fsck.repair=yes rootwait"
FIRSTBOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
CMDLINES = {
    "trixie": f"{ROOT} resize\n",
    "bookworm": f"{ROOT} quiet {FIRSTBOOT}\n",
    "bullseye": f"{ROOT} quiet {FIRSTBOOT}\n",
}
DATES = {"trixie": "2026-06-18", "bookworm": "2025-05-13", "bullseye": "2024-10-22"}
STOCK = {
    "user-data": "#cloud-config\n\n# This is the user-data of cloud-init.\n#hostname: raspberrypi\nssh_pwauth: false\n",
    "meta-data": "dsmode: local\ninstance_id: rpios-image\n",
    "network-config": "network:\n  version: 2\n  ethernets:\n    eth0:\n      dhcp4: true\n      optional: true\n",
}
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK3mMPl0tq0YJ3Wn3pYhYBZOVrSLkVAyqfA1wKhYy2bW"
PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nbm90IGEga2V5\n-----END OPENSSH PRIVATE KEY-----\n"
TEACHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMy0yqJXoyTIVr5RVLsmJTnOo4lTvkLpNGbFYHnZpL4r anna@school"
PMK = "1f" * 32
SEAT = Seat(
    "pi07", "anna", (TEACHER,), HostKey(PRIVATE, PUBLIC), "Asia/Seoul", "kr", "KR", "", Wifi("학교 5G".encode(), PMK)
)


def seat(**changes: Any) -> Seat:  # noqa: ANN401 (any field)
    return replace(SEAT, **changes)


def stock(release: str) -> dict[str, str]:
    """What lies on the FAT partition of a fresh card, as far as it is looked at."""
    common = {
        "cmdline.txt": CMDLINES[release],
        "config.txt": (CONFIGS / f"{release}.txt").read_text(),
        "issue.txt": f"Raspberry Pi reference {DATES[release]}\nGenerated using pi-gen, stage2\n",
    }
    return {**common, **(STOCK if release == "trixie" else {})}


def fresh_card(folder: Path, release: str = "trixie", without: str = "", **changes: str) -> Path:
    """Make the FAT partition of a fresh card in a folder; one file may be left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**stock(release), **changes}.items():
        if name != without:
            (folder / name).write_text(text, newline="")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def key_of(path: Path) -> str:
    """The public part of a private key, as ssh-keygen works it out."""
    done = subprocess.run(["ssh-keygen", "-y", "-f", str(path)], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split()[:2])


# What stands at the beginning of a program (elf.h): class, and machine at byte 18.
ELF = {"arm64": (2, 183), "armhf": (1, 40)}


def program(userland: str) -> bytes:
    """The first bytes of a program of some userland."""
    bits, machine = ELF[userland]
    return b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9) + (2).to_bytes(2, "little") + machine.to_bytes(2, "little")


def small_image(path: Path, stock: Path, userland: str = "arm64", identity: str = "0x4d8fd085") -> Path:
    """An image as pi-gen makes it, of 34 MB: a table, FAT with the files of a folder, and ext4 with one program."""
    boot, sectors, root, end = 8192, 20480, 28672, 69632
    with path.open("wb") as file:
        file.truncate(end * 512)
    search = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    table = f"label: dos\nlabel-id: {identity}\n{boot},{sectors},c\n{root},,83\n"
    subprocess.run(["sfdisk", "--quiet", str(path)], input=table, text=True, check=True, env=search)
    at = f"{path}@@{boot * 512}"
    subprocess.run(["mformat", "-i", at, "-T", str(sectors), "-v", "bootfs", "::"], check=True)
    for each in stock.iterdir():
        subprocess.run(["mcopy", "-i", at, str(each), f"::{each.name}"], check=True)
    tree = stock.with_name(f"{stock.name}-root")
    (tree / "usr/bin").mkdir(parents=True)
    (tree / "usr/bin/dpkg").write_bytes(program(userland))
    made = [
        "mke2fs",
        "-q",
        "-t",
        "ext4",
        "-L",
        "rootfs",
        "-d",
        str(tree),
        "-E",
        f"offset={root * 512}",
        str(path),
        "20M",
    ]
    subprocess.run(made, check=True, env=search)
    return path
