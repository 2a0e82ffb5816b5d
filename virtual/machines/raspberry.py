"""The packages for the pins that a board has from Raspberry Pi's own archive, made of the same software's wheels."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from virtual.commands import run

if TYPE_CHECKING:
    from collections.abc import Iterator

WHEELS = Path(__file__).parent / "guest/raspberry.txt"
# What trixie on an arm64 board takes.
TARGET = ("--platform=manylinux_2_17_aarch64", "--python-version=3.13", "--implementation=cp", "--abi=cp313")
# The wheel's name in a file name, and what is written of it as a package.
PACKAGES = {
    "adafruit_lgpio": ("python3-lgpio", "arm64", "python3 (>= 3.13), python3 (<< 3.14)", ""),
    "gpiozero": ("python3-gpiozero", "all", "python3, python3-colorzero", ""),
    "rpi_lgpio": ("python3-rpi-lgpio", "all", "python3, python3-lgpio", "Conflicts: python3-rpi.gpio\n"),
}
CONTROL = """Package: {name}
Version: {version}-0+emulation
Architecture: {architecture}
Maintainer: Pilab <nobody@example.org>
Depends: {depends}
{more}Description: {wheel} for emulated Pis
"""
DOWNLOAD_TIMEOUT_S = 300


def make(folder: Path) -> list[Path]:
    """Make the packages in a folder, which must not exist yet."""
    folder.mkdir(parents=True)
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes")
    run(*pip, *TARGET, "--requirement", str(WHEELS), "--dest", str(folder), timeout_s=DOWNLOAD_TIMEOUT_S)
    return [package_of(wheel) for wheel in sorted(folder.glob("*.whl"))]


def package_of(wheel: Path) -> Path:
    """Make a package of a wheel, beside it."""
    project, version, *_ = wheel.stem.split("-")
    name, architecture, depends, more = PACKAGES[project]
    tree, package = wheel.with_name(name), wheel.with_name(f"{name}.deb")
    (tree / "DEBIAN").mkdir(parents=True)
    words = CONTROL.format(
        name=name, version=version, architecture=architecture, depends=depends, more=more, wheel=project
    )
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tree / "usr/lib/python3/dist-packages")
    (tree / "DEBIAN/md5sums").write_text("".join(_digests(tree)))
    (tree / "DEBIAN/control").write_text(words)
    run("dpkg-deb", "--root-owner-group", "--build", str(tree), str(package))
    return package


def _digests(tree: Path) -> Iterator[str]:
    """The lines with which dpkg knows whether a file is as it came."""
    for file in sorted(path for path in (tree / "usr").rglob("*") if path.is_file()):
        digest = hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()
        yield f"{digest}  {file.relative_to(tree)}\n"
