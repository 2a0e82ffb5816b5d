"""How the image of an emulated Pi is made, on packages of two files."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from virtual.machines import image, initrd, raspberry, unpacked

if TYPE_CHECKING:
    from pathlib import Path

CONTROL = """Package: small
Version: 1.0
Architecture: arm64
Maintainer: Nobody <nobody@example.org>
Description: A package of two files
"""


def archive(folder: Path, control: str = CONTROL, **scripts: str) -> Path:
    """A real package with a program and a file of settings."""
    tree = folder / "tree"
    for name, text in {"usr/bin/small": "#!/bin/sh\n", "etc/small.conf": "a=1\n", "DEBIAN/control": control}.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / "DEBIAN/conffiles").write_text("/etc/small.conf\n")
    for name, text in scripts.items():
        (tree / "DEBIAN" / name).write_text(text)
        (tree / "DEBIAN" / name).chmod(0o755)
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, folder / "small.deb"], check=True)
    return folder / "small.deb"


def extracted(folder: Path, package: Path) -> Path:
    root = folder / "root"
    for part in ("info", "triggers", "updates"):
        (root / "var/lib/dpkg" / part).mkdir(parents=True)
    subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
    unpacked.register(root, [package])
    return root


def dpkg(root: Path, *words: str) -> str:
    done = subprocess.run(["dpkg", f"--root={root}", *words], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_dpkg_takes_an_extracted_package_for_an_unpacked_one(tmp_path: Path) -> None:
    root = extracted(tmp_path, archive(tmp_path, postinst="#!/bin/sh\n"))
    assert "Status: install ok unpacked" in dpkg(root, "--status", "small")
    assert "/usr/bin/small" in dpkg(root, "--listfiles", "small").splitlines()
    assert "small" in dpkg(root, "--audit")
    assert (root / "var/lib/dpkg/info/small.postinst").stat().st_mode & 0o111


def test_the_settings_of_a_package_are_noted_as_they_came_so_that_an_upgrade_asks_nobody(tmp_path: Path) -> None:
    package = archive(tmp_path)
    root = extracted(tmp_path, package)
    digest = subprocess.run(["md5sum", root / "etc/small.conf"], capture_output=True, text=True, check=True).stdout
    assert f" /etc/small.conf {digest.split()[0]}" in dpkg(root, "--status", "small")


def test_packages_for_two_architectures_are_kept_apart(tmp_path: Path) -> None:
    together = unpacked.read(archive(tmp_path, CONTROL + "Multi-Arch: same\n"))
    assert together.name == "small:arm64"


def test_triggers_are_noted_by_path_and_by_name(tmp_path: Path) -> None:
    triggers = "interest /usr/share/fonts\ninterest-noawait ldconfig\nactivate-noawait other\n"
    root = extracted(tmp_path, archive(tmp_path, triggers=triggers))
    assert (root / "var/lib/dpkg/triggers/File").read_text() == "/usr/share/fonts small\n"
    assert (root / "var/lib/dpkg/triggers/ldconfig").read_text() == "small/noawait\n"


@pytest.mark.parametrize(("path", "as_listed"), [("./", "/."), (".", "/."), ("./usr/", "/usr"), ("./etc/a", "/etc/a")])
def test_paths_are_listed_as_dpkg_does(path: str, as_listed: str) -> None:
    assert unpacked.listed(path) == as_listed


def test_another_recipe_is_another_image(monkeypatch: pytest.MonkeyPatch) -> None:
    before = image.key()
    assert image.key() == before
    monkeypatch.setattr(image, "HEAVY", (*image.HEAVY, "htop"))
    assert image.key() != before


def test_a_wheel_becomes_a_package_whose_files_dpkg_can_check(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "gpiozero-2.0.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("gpiozero/__init__.py", "LED = 1\n")
    package = raspberry.package_of(tmp_path / "gpiozero-2.0.1-py3-none-any.whl")
    fields = subprocess.run(["dpkg-deb", "--field", package, "Package", "Version"], capture_output=True, check=True)
    assert fields.stdout == b"Package: python3-gpiozero\nVersion: 2.0.1-0+emulation\n"
    found = unpacked.read(package)
    assert "/usr/lib/python3/dist-packages/gpiozero/__init__.py" in found.paths
    assert b"  usr/lib/python3/dist-packages/gpiozero/__init__.py\n" in found.control["md5sums"]


@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is needed")
def test_a_folder_becomes_an_archive_that_the_kernel_unpacks_as_roots(tmp_path: Path) -> None:
    (tmp_path / "room/etc").mkdir(parents=True)
    (tmp_path / "room/etc/key").write_text("secret")
    archive = initrd.packed(tmp_path)
    assert archive.startswith(b"070701")
    listed = subprocess.run(
        ["cpio", "--list", "--verbose", "--numeric-uid-gid", "--quiet"], input=archive, capture_output=True, check=True
    )
    (line,) = (line for line in listed.stdout.decode().splitlines() if line.endswith("room/etc/key"))
    assert line.split()[2:4] == ["0", "0"]


def test_an_image_that_nothing_was_started_from_for_a_week_goes_away(tmp_path: Path) -> None:
    for name, age_days in (("old", 8), ("fresh", 6)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "disk.raw").touch()
        used_s = time.time() - age_days * 86400
        os.utime(tmp_path / name, (used_s, used_s))
    image.forget_old(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["fresh"]
