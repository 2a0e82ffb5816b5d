"""The image of an emulated Pi: Debian made from its packages, configured by the guest itself, kept in the cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual import needs
from virtual.commands import run
from virtual.containers import roots
from virtual.errors import EmulationError
from virtual.locks import one_at_a_time
from virtual.machines import devicetree, initrd, raspberry, unpacked, vm
from virtual.machines.machines import MACHINES, VIRT
from virtual.place import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Report = Callable[[str], None]
    Fill = Callable[[Path, Path, Report], None]

MIRROR = "http://deb.debian.org/debian"
RELEASE = "trixie"
# gpio-sim is in Debian's kernels from 6.16 on, and the one of the release is older.
KERNEL_PACKAGES = ("linux-image-arm64/trixie-backports", "busybox-static")
# What makes a system of packages, what Raspberry Pi OS Lite has of itself, and the tool that feeds the camera.
SYSTEM = ("udev", "kmod", "systemd-timesyncd", "v4l-utils", "python3-colorzero", *roots.PACKAGES)
# What the playbook would install and what takes longest here; the rest is left to it.
HEAVY = ("python3-opencv", "python3-numpy", "gcc", "libc6-dev")
ESSENTIAL = "?or(?essential,?priority(required))"
FILES = Path(__file__).parent / "guest/root"
ARCHIVES = "var/cache/apt/archives"
MADE = "/var/lib/pilab-emulation-made"
# A card's size must be a power of two for QEMU.
SIZE = "4G"
PACKAGES_TIMEOUT_S = 900
# What takes seconds where nothing else runs; depmod took more than a minute beside other work.
FILES_TIMEOUT_S = 900
# Six minutes where nothing else runs; beside other work it was seen to take 34.
SECOND_STAGE_TIMEOUT_S = 7200
# Changes whenever this recipe does, so that an old cache is not taken for a new one.
RECIPE = "1"
# An image takes 2 GB. One that no guest was started from for so long is of an earlier state of the project.
KEPT_S = 7 * 86400


def ensure(cache: Path, report: Report) -> Path:
    """The folder of the image with card, kernel, ram disks and device trees; made now where the cache has none."""
    return kept(cache, key(), lazy("image of the emulated Pis"), _fill, report)


def kept(cache: Path, name: str, what: str, fill: Fill, report: Report) -> Path:
    """A folder that is made once, by `fill` in a folder of its own, and kept in the cache."""
    folder = cache / "images" / name
    with one_at_a_time(cache / "locks/.images", wait=True):
        if not folder.exists():
            report(lazy("Making the {what}; it is kept in {cache} for the next time.", what=what, cache=cache))
            _make(folder, fill, report)
            forget_old(folder.parent)
        os.utime(folder)
    return folder


def key() -> str:
    """A short name for exactly what an image is made of."""
    folder = Path(__file__).parent
    files = sorted(path for part in ("guest", "trees") for path in (folder / part).rglob("*") if path.is_file())
    contents = [f"{path.relative_to(folder)}\n".encode() + path.read_bytes() for path in files]
    words = repr((RECIPE, SYSTEM, HEAVY, [machine for _, machine in sorted(MACHINES.items())])).encode()
    return hashlib.sha256(b"\0".join([words, *contents])).hexdigest()[:12]


@contextmanager
def step(report: Report, words: str) -> Iterator[None]:
    """Say how long a step took."""
    began_s = time.monotonic()
    yield
    report(lazy("  {words}: {took:.0f} s", words=words, took=time.monotonic() - began_s))


def _make(image: Path, fill: Fill, report: Report) -> None:
    image.parent.mkdir(parents=True, exist_ok=True)
    for leftover in image.parent.glob(f"{image.name}.*"):
        shutil.rmtree(leftover)
    work = Path(tempfile.mkdtemp(dir=image.parent, prefix=f"{image.name}."))
    made = share(work) / "made"
    made.mkdir()
    try:
        fill(work, made, report)
        made.rename(image)
    finally:
        shutil.rmtree(work)


def forget_old(images: Path) -> None:
    """Remove the images that no guest was started from for KEPT_S."""
    for one in images.iterdir():
        if time.time() - one.stat().st_mtime > KEPT_S:
            shutil.rmtree(one)


def _fill(work: Path, made: Path, report: Report) -> None:
    kernel, root = work / "kernel", work / "root"
    fetch_kernel(kernel, report)
    with step(report, lazy("packages fetched and extracted")):
        extract(root, (ESSENTIAL, *SYSTEM, *HEAVY), RELEASE)
        for package in raspberry.make(work / "raspberry"):
            _add(root, package)
    with step(report, lazy("packages made known to the guest's dpkg")):
        unpacked.register(root, (root / ARCHIVES).glob("*.deb"))
    with step(report, lazy("card, ram disks and device trees")):
        _furnish(root, kernel)
        _make_card(root, made / "disk.raw")
        _make_boot_files(kernel, made)
    with step(report, lazy("second stage, in which the guest configures its packages")):
        _run_second_stage(made)


def fetch_kernel(kernel: Path, report: Report) -> None:
    """Fetch a kernel and its modules into a folder, and the busybox of its small ram disk."""
    with step(report, lazy("kernel of Debian's backports, fetched and extracted")):
        extract(kernel, KERNEL_PACKAGES, RELEASE, f"{RELEASE}-backports")
        run("depmod", "--basedir", str(kernel / "usr"), initrd.release(kernel), timeout_s=FILES_TIMEOUT_S)


def modules_of(kernel: Path) -> Path:
    """The folder of a kernel that was fetched, with its modules and device trees."""
    return kernel / "usr/lib/modules" / initrd.release(kernel)


def extract(folder: Path, packages: tuple[str, ...], *suites: str) -> None:
    """Extract packages and what they need without running any program of theirs."""
    run(
        *roots.BUILDER, "--mode=root", "--variant=extract", "--architectures=arm64", "--skip=check/qemu,cleanup/apt",
        "--quiet", f"--keyring={needs.KEYRING}", *(f"--include={package}" for package in packages), "", str(folder),
        *(f"deb {MIRROR} {suite} main" for suite in suites), timeout_s=PACKAGES_TIMEOUT_S,
    )  # fmt: skip


def _add(root: Path, package: Path) -> None:
    """Extract one more package, as if it had been fetched with the others."""
    run("dpkg-deb", "--extract", str(package), str(root), timeout_s=FILES_TIMEOUT_S)
    shutil.copy(package, root / ARCHIVES)


def _furnish(root: Path, kernel: Path) -> None:
    """Put the kernel's modules and our own files into the root, and throw the archives of its packages away."""
    shutil.rmtree(root / ARCHIVES)
    modules = Path("usr/lib/modules")
    shutil.copytree(kernel / modules, root / modules, ignore=shutil.ignore_patterns("dtb", "vmlinuz"))
    shutil.copytree(FILES, root, dirs_exist_ok=True)
    (root / "etc/machine-id").write_text("")
    _write_scenes(root / "srv/pilab-scenes")


def _write_scenes(folder: Path) -> None:
    from virtual import frames  # noqa: PLC0415 -- OpenCV would slow every other command down

    frames.write_scenes(folder)


def _make_card(root: Path, card: Path) -> None:
    run("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(card), SIZE, timeout_s=FILES_TIMEOUT_S)


def _make_boot_files(kernel: Path, made: Path) -> None:
    modules = modules_of(kernel)
    shutil.copy(modules / "vmlinuz", made / "vmlinuz")
    for machine in MACHINES.values():
        initrd.make(kernel, machine, made / f"{machine.name}.initrd")
        devicetree.make(modules / "dtb", machine, made / f"{machine.name}.dtb")


def _run_second_stage(made: Path) -> None:
    """Boot the guest with our own first program; what it says is kept beside the card."""
    drive = f"file={made / 'disk.raw'},format=raw,cache=unsafe"
    words = vm.command(VIRT, made, made / f"{VIRT.name}.initrd", drive, f"pilab.first={vm.FIRST_PROGRAM} panic=1")
    log = made / "second-stage.log"
    run(*words, "-nic", "none", "-no-reboot", "-serial", f"file:{log}", timeout_s=SECOND_STAGE_TIMEOUT_S)
    if not _is_made(made):
        raise EmulationError(lazy("The guest could not configure its packages: {words}", words=_last_words(log)))


def _is_made(made: Path) -> bool:
    return "Inode:" in run("debugfs", "-R", f"stat {MADE}", str(made / "disk.raw"))


def _last_words(log: Path) -> str:
    return " | ".join(log.read_text(errors="replace").splitlines()[-5:])
