"""A PC of QEMU's with the kernel's simulated cameras and pins: its image, kept in the cache, and one run in it.

Its kernel is of Debian's backports, whatever the release of its programs: the older ones are built without gpio-sim.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual import needs
from virtual.commands import run
from virtual.containers.roots import BUILDER
from virtual.locks import one_at_a_time
from virtual.machines import initrd
from virtual.machines.image import KERNEL_PACKAGES, MIRROR, PACKAGES_TIMEOUT_S, forget_old
from virtual.machines.machines import Machine
from virtual.place import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
FIRST, WHEELS = HERE / "first", HERE / "pins.txt"
RELEASES = ("trixie", "bookworm", "bullseye")
# gpiozero is in Debian from bookworm on; lgpio's wheel for Python 3.9 wants a newer C library than bullseye's.
PACKAGES = (
    "python3",
    "python3-numpy",
    "python3-opencv",
    "python3-pytest",
    "python3-pytest-timeout",
    "v4l-utils",
    "kmod",
)
PINS = {"bookworm": ("python3-gpiozero",), "trixie": ("python3-gpiozero",)}
PC = Machine(
    name="q35",
    memory_mib=1536,
    qemu=("-cpu", "Nehalem"),
    drive="virtio-blk-pci",
    network="",
    root="/dev/vda",
    console="ttyS0",
    modules=("virtio_pci", "virtio_blk", "ext4"),
)
NEEDS = needs.Needs(
    lazy("Simulated cameras and pins"),
    {
        "qemu-system-x86_64": "qemu-system-x86",
        "mmdebstrap": "mmdebstrap",
        "cpio": "cpio",
        "depmod": "kmod",
        "mke2fs": "e2fsprogs",
    },
)
SIZE = "4G"
RUN_TIMEOUT_S = 3000
# How `inside` says with which status the tests ended.
STATUS = "The tests ended with status "
RECIPE = "2"


def image(cache: Path, release: str) -> Path:
    """The folder with the disk of a release, kernel and ram disk, made now where the cache has none."""
    words = repr((RECIPE, release, PACKAGES, PINS, PC)).encode() + FIRST.read_bytes() + WHEELS.read_bytes()
    made = cache / "images" / f"devices-{release}-{hashlib.sha256(words).hexdigest()[:12]}"
    with one_at_a_time(cache / "locks/.devices", wait=True):
        if not made.exists():
            _make(made, release)
            forget_old(made.parent)
    return made


def _make(made: Path, release: str) -> None:
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent, prefix=f"{made.name}.") as folder:
        kernel, root, unfinished = Path(folder, "kernel"), Path(folder, "root"), Path(folder, "made")
        unfinished.mkdir()
        _fetch(kernel, "extract", [name.replace("arm64", "amd64") for name in KERNEL_PACKAGES], "trixie", "backports")
        run("depmod", "--basedir", str(kernel / "usr"), initrd.release(kernel))
        _fetch(root, "apt", [*PACKAGES, *PINS.get(release, ())], release)
        _furnish(root, kernel, release)
        initrd.make(kernel, PC, unfinished / "initrd")
        shutil.copy(kernel / "usr/lib/modules" / initrd.release(kernel) / "vmlinuz", unfinished)
        run("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(unfinished / "disk.raw"), SIZE, timeout_s=300)
        unfinished.rename(made)


def _fetch(folder: Path, variant: str, packages: Iterable[str], release: str, *more: str) -> None:
    suites = (release, *(f"{release}-{each}" for each in more))
    run(
        *BUILDER, "--mode=root", f"--variant={variant}", "--architectures=amd64", "--quiet",
        f"--keyring={needs.KEYRING}", *(f"--include={package}" for package in packages), "", str(folder),
        *(f"deb {MIRROR} {suite} main" for suite in suites), timeout_s=PACKAGES_TIMEOUT_S,
    )  # fmt: skip


def _furnish(root: Path, kernel: Path, release: str) -> None:
    """Put the kernel's modules, busybox, the first program and the libraries of pins into the root."""
    # In bullseye /lib is no link to /usr/lib.
    modules = root / "lib/modules"
    modules.mkdir(exist_ok=True)
    plain = shutil.ignore_patterns("vmlinuz")
    shutil.copytree(kernel / "usr/lib/modules", modules, dirs_exist_ok=True, ignore=plain)
    shutil.copy(kernel / "usr/bin/busybox", root / "usr/bin/busybox")
    shutil.copy(FIRST, root / "first")
    (root / "project").mkdir()
    if release == "bookworm":
        _unpack_wheels(root / "opt/pins")


def _unpack_wheels(folder: Path) -> None:
    """Unpack each wheel into a folder of its own, which tests put on Python's path as they need it."""
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes")
    target = ("--platform=manylinux_2_34_x86_64", "--python-version=3.11", "--implementation=cp", "--abi=cp311")
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    for line in filter(lambda line: line[0] != "#", WHEELS.read_text().splitlines()):
        one = folder / "one.txt"
        one.write_text(line)
        run(*pip, *target, "--requirement", str(one), "--dest", str(wheels), timeout_s=300)
    for wheel in wheels.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "-".join(wheel.stem.split("-")[:2]))


def run_tests(made: Path, files: list[str]) -> int:
    """Boot the PC, which runs these tests and switches itself off; its console is ours. Return their status."""
    disk = f"if=none,id=card,file={made / 'disk.raw'},format=raw,snapshot=on"
    append = f"root={PC.root} console={PC.console} rw quiet panic=1 pilab.first=/first PILAB_TESTS={','.join(files)}"
    command = [
        # One processor: with several, QEMU 7.2 trips over the kernel's changes to its own code.
        *("qemu-system-x86_64", "-machine", PC.name, "-accel", "tcg", "-smp", "1", "-m", str(PC.memory_mib), *PC.qemu),
        *("-kernel", str(made / "vmlinuz"), "-initrd", str(made / "initrd"), "-append", append),
        *("-drive", disk, "-device", f"{PC.drive},drive=card", "-nic", "none", "-no-reboot"),
        *("-virtfs", f"local,path={PROJECT},mount_tag=project,security_model=none,readonly=on"),
        *("-display", "none", "-monitor", "none", "-serial", "stdio"),
    ]
    status = 1
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace") as pc:
        limit = Timer(RUN_TIMEOUT_S, pc.kill)
        limit.start()
        for line in pc.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            if line.startswith(STATUS):
                status = int(line[len(STATUS) :])
        limit.cancel()
    return status
