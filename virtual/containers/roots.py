"""One root file system per release, made once from Debian's packages and kept in the cache."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual.commands import run
from virtual.locks import one_at_a_time
from virtual.place import share

if TYPE_CHECKING:
    from collections.abc import Callable

# What every system here begins with.
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
# What Raspberry Pi OS Lite has of itself, and the course's packages would bring otherwise: the compiler, and what
# rpicam-apps-lite, which is not in Debian, needs since bookworm. Everything else is the playbook's work.
OF_LITE = {
    "bullseye": ("build-essential",),
    "bookworm": ("build-essential", "libavformat59"),
    "trixie": ("build-essential", "libavformat61"),
}
# The builder ends with us, and what it mounts is seen by nobody else, so that an unfinished root can simply be removed.
BUILDER = ("setpriv", "--pdeathsig=TERM", "unshare", "--mount", "mmdebstrap")
BUILD_TIMEOUT_S = 900
# Changes whenever what a root is made of changes, so that an old cache is not taken for a new one.
RECIPE = "1"


def ensure(cache: Path, releases: set[str], report: Callable[[str], None], *, is_lite: bool = False) -> dict[str, Path]:
    """The root of each release, made now where the cache has none; bare, or with what Raspberry Pi OS Lite has."""
    cache.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(cache / "locks" / ".roots", wait=True), ThreadPoolExecutor() as pool:
        roots = pool.map(lambda release: _ensure_one(cache, release, report, is_lite=is_lite), sorted(releases))
        return dict(zip(sorted(releases), roots, strict=True))


def _ensure_one(cache: Path, release: str, report: Callable[[str], None], *, is_lite: bool) -> Path:
    root = cache / "roots" / f"{release}{'-lite' if is_lite else ''}-{RECIPE}"
    if not root.exists():
        report(
            lazy(
                "Making the {what}; it is kept in {cache} for the next time.",
                what=lazy("root file system of {release}", release=release),
                cache=cache,
            )
        )
        _build(root, release, PACKAGES + (OF_LITE[release] if is_lite else ()))
    return root


def _build(root: Path, release: str, packages: tuple[str, ...]) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    for leftover in root.parent.glob(f"{root.name}.*"):
        shutil.rmtree(leftover)
    unfinished = tempfile.mkdtemp(dir=root.parent, prefix=f"{root.name}.")
    run(
        *BUILDER, "--variant=minbase", "--skip=cleanup/apt/lists", f"--include={','.join(packages)}",
        release, unfinished, timeout_s=BUILD_TIMEOUT_S,
    )  # fmt: skip
    share(Path(unfinished)).rename(root)


def offer_packages(cache: Path, release: str, folder: Path) -> Path:
    """A layer for a guest's file system with the packages that earlier guests of its release downloaded.

    Its own folder of hard links: what is added to the cache later must not change a layer that is mounted.
    """
    archives = folder / "var/cache/apt/archives"
    archives.mkdir(parents=True)
    for package in _kept(cache, release).glob("*.deb"):
        (archives / package.name).hardlink_to(package)
    return folder


def keep_packages(cache: Path, release: str, disk: Path) -> None:
    """Move the packages that a guest downloaded to where the next one finds them; apt checks their hashes again."""
    kept = _kept(cache, release)
    kept.mkdir(parents=True, exist_ok=True)
    for package in (disk / "var/cache/apt/archives").glob("*.deb"):
        package.replace(kept / package.name)


def _kept(cache: Path, release: str) -> Path:
    return cache / "packages" / release
