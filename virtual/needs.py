"""What virtual Pis need of the computer, checked before anything is changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from virtual.errors import NeedsError

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE_OF_PROGRAM = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
}
# Administrators' programs are not on every user's PATH in Debian.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
# Measured with thirty of them: 1.4 GB of changed files and 0.3 GB of packages each.
PROVISIONED_BYTES = 1_700_000_000
GB = 1e9
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def check() -> None:
    """Raise NeedsError with one sentence where root, a program or Debian's keys are missing."""
    demand("Virtual Pis", PACKAGE_OF_PROGRAM)


def tight(pis: int, free_bytes: int, folder: Path) -> str:
    """Say so if the disk may become full of what the playbook brings to so many virtual Pis; nothing if it may not."""
    wanted_bytes = pis * PROVISIONED_BYTES
    if free_bytes >= wanted_bytes:
        return ""
    return (
        f"{pis} virtual Pis take up to {wanted_bytes / GB:.0f} GB in {folder} once they are provisioned, and "
        f"{free_bytes / GB:.0f} GB are free: make room there, or start fewer."
    )


def demand(what: str, package_of_program: Mapping[str, str]) -> None:
    """Raise NeedsError in the name of what needs the programs."""
    missing = missing_packages(package_of_program)
    if missing:
        raise NeedsError(
            f"{what} need programs that are not installed; install them with: sudo apt-get install {' '.join(missing)}",
        )
    if os.geteuid() != 0:
        raise NeedsError(f"{what} need root, because they are systems of their own; type the command with sudo.")


def missing_packages(package_of_program: Mapping[str, str]) -> list[str]:
    """The Debian packages whose program is not on this computer."""
    wanted = [package for program, package in package_of_program.items() if not find(program)]
    packages = list(dict.fromkeys(wanted))
    return packages if KEYRING.exists() else [*packages, "debian-archive-keyring"]


def find(program: str) -> str | None:
    """Where a program is, also when it is one for administrators."""
    return shutil.which(program, path=SEARCH_PATH)
