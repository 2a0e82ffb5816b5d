"""One root file system per release, made once from Debian's packages and kept in the cache."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.commands import run
from rehearsal.place import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What Raspberry Pi OS Lite has of itself and the playbook builds on; everything else is the playbook's work.
PACKAGES = (
    "openssh-server",
    "python3",
    "python3-apt",
    "sudo",
    "systemd-sysv",
    "dbus",
    "iproute2",
    "ca-certificates",
    "procps",
)
BUILD_TIMEOUT_S = 900
# Changes whenever what a root is made of changes, so that an old cache is not taken for a new one.
RECIPE = "1"


def ensure(cache: Path, releases: set[str], report: Callable[[str], None]) -> dict[str, Path]:
    """The root of each release, made now where the cache has none."""
    cache.mkdir(parents=True, exist_ok=True)
    with _lock(cache / "roots.lock"), ThreadPoolExecutor() as pool:
        roots = pool.map(lambda release: _ensure_one(cache, release, report), sorted(releases))
        return dict(zip(sorted(releases), roots, strict=True))


def _ensure_one(cache: Path, release: str, report: Callable[[str], None]) -> Path:
    root = cache / "roots" / f"{release}-{RECIPE}"
    if not root.exists():
        report(f"Making the root file system of {release}; it is kept in {cache} for the next time.")
        _build(root, release)
    return root


def _build(root: Path, release: str) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    for leftover in root.parent.glob(f"{root.name}.*"):
        shutil.rmtree(leftover)
    unfinished = tempfile.mkdtemp(dir=root.parent, prefix=f"{root.name}.")
    run(
        "mmdebstrap", "--variant=minbase", "--skip=cleanup/apt/lists", f"--include={','.join(PACKAGES)}",
        release, unfinished, timeout_s=BUILD_TIMEOUT_S,
    )  # fmt: skip
    share(Path(unfinished)).rename(root)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Two rooms at once must not make the same root; the kernel drops the lock of a process that dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def packages_folder(cache: Path, release: str) -> Path:
    """The packages that earlier guests of a release downloaded, laid out as a layer of a guest's file system."""
    folder = cache / "packages" / release
    (folder / "var/cache/apt/archives").mkdir(parents=True, exist_ok=True)
    return folder


def keep_packages(cache: Path, release: str, disk: Path) -> None:
    """Move the packages that a guest downloaded to where the next one finds them; apt checks their hashes again."""
    target = packages_folder(cache, release) / "var/cache/apt/archives"
    for package in (disk / "var/cache/apt/archives").glob("*.deb"):
        if package.stat().st_size and not (target / package.name).exists():
            shutil.move(package, target / package.name)
