"""The root file system with real libcamera and picamera2, made over that of the virtual Pis and kept in the cache."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from virtual.commands import run
from virtual.containers import guest, roots
from virtual.locks import one_at_a_time
from virtual.place import here, share

if TYPE_CHECKING:
    from collections.abc import Sequence

# Its libcamera is the first of Debian's with cameras of its own making (bookworm's is 0.0.3, without them).
RELEASE, PYTHON = "trixie", "3.13"
PACKAGES = (
    *("python3-numpy", "python3-opencv", "python3-gpiozero", "python3-libcamera", "libcamera-ipa"),
    # What picamera2 wants besides.
    *("python3-prctl", "python3-av", "python3-piexif", "python3-pil", "python3-libarchive-c", "python3-tqdm"),
    *("python3-jsonschema", "python3-typing-extensions"),
)
RECIPE = Path(__file__).parent / "libcamera"
REQUIREMENTS, PATCH = RECIPE / "requirements.txt", RECIPE / "picamera2.patch"
INSTALLED = f"usr/local/lib/python{PYTHON}/dist-packages"
FETCH_TIMEOUT_S = 900
KEPT_S = 7 * 86400
INSTALL = f"""
mount -t overlay pilab-camera -o "lowerdir=$1,upperdir=$2/disk,workdir=$2/work" "$2/root"
mount -t proc proc "$2/root/proc"
chroot "$2/root" apt-get update
DEBIAN_FRONTEND=noninteractive chroot "$2/root" apt-get install --yes --no-install-recommends {" ".join(PACKAGES)}
"""


def layers() -> str:
    """Return the folders that the root is made of, as overlayfs takes them; made now if the cache has none."""
    place = here()
    base = roots.ensure(place.cache, {RELEASE}, _say)[RELEASE]
    layer = base.parent / f"{RELEASE}-camera-{_key(base)}"
    with one_at_a_time(place.cache / "locks" / ".camera", wait=True):
        if not layer.exists():
            _say(f"Making the root with real libcamera; it is kept in {place.cache} for the next time.")
            _make(layer, base, place.cache)
        _forget_old(layer)
    return f"{layer}:{base}"


def _forget_old(used: Path) -> None:
    """Remove what no test used for KEPT_S."""
    os.utime(used)
    for one in used.parent.glob(f"{RELEASE}-camera-*"):
        if time.time() - one.stat().st_mtime > KEPT_S:
            shutil.rmtree(one)


def _key(base: Path) -> str:
    recipe = [base.name, INSTALL, REQUIREMENTS.read_text(), PATCH.read_text()]
    return hashlib.sha256("\0".join(recipe).encode()).hexdigest()[:12]


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")


def _make(layer: Path, base: Path, cache: Path) -> None:
    work = share(Path(tempfile.mkdtemp(dir=layer.parent, prefix=f"{RELEASE}-camera-")))
    for part in ("disk", "work", "root"):
        (work / part).mkdir()
    try:
        _fill(work, f"{roots.offer_packages(cache, RELEASE, work / 'packages')}:{base}")
        roots.keep_packages(cache, RELEASE, work / "disk")
        (work / "disk").rename(layer)
    finally:
        shutil.rmtree(work)


def _fill(work: Path, lower: str) -> None:
    """Install Debian's packages in the root, and PyPI's beside them; nothing of what is mounted stays."""
    (work / "disk/etc").mkdir()
    names = next(path for path in guest.RESOLVERS if path.exists()).read_text()
    (work / "disk/etc/resolv.conf").write_text(names)
    run("unshare", "--mount", "sh", "-euc", INSTALL, "sh", lower, str(work), timeout_s=FETCH_TIMEOUT_S)
    packages = work / "disk" / INSTALLED
    _pip(packages)
    run("patch", "--strip=1", f"--directory={packages / 'picamera2'}", stdin=PATCH.read_text())


def _pip(packages: Path) -> None:
    wanted = ["--requirement", str(REQUIREMENTS), "--no-deps", "--only-binary=:all:", f"--python-version={PYTHON}"]
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--disable-pip-version-check"),
        *(*wanted, f"--platform=manylinux2014_{platform.machine()}", "--target", str(packages)),
        timeout_s=FETCH_TIMEOUT_S,
    )


def sensor(folder: Path) -> None:
    """Build what plays the sensor, and the memory of the camera, for cameras of one test."""
    source = str(RECIPE / "sensor.c")
    words = ["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(folder / "sensor.so"), source]
    subprocess.run(words, check=True)


def entered(folder: Path, code: Path) -> Sequence[str]:
    """Begin a command that is to run in the root."""
    return ("unshare", "--mount", str(RECIPE / "enter.sh"), layers(), str(folder), str(code))
