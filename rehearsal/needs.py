"""What virtual Pis need of the computer, checked before anything is changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from rehearsal.errors import NeedsError

PACKAGE_OF_PROGRAM = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
}
# Administrators' programs are not on every user's PATH in Debian.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def check() -> None:
    """Raise NeedsError with one sentence where root, a program or Debian's keys are missing."""
    missing = missing_packages()
    if missing:
        raise NeedsError(
            f"Virtual Pis need programs that are not installed; install them with: "
            f"sudo apt-get install {' '.join(missing)}",
        )
    if os.geteuid() != 0:
        raise NeedsError("Virtual Pis need root, because they are systems of their own; type the command with sudo.")


def missing_packages() -> list[str]:
    """The Debian packages whose program is not on this computer."""
    packages = [package for program, package in PACKAGE_OF_PROGRAM.items() if not find(program)]
    return packages if KEYRING.exists() else [*packages, "debian-archive-keyring"]


def find(program: str) -> str | None:
    """Where a program is, also when it is one for administrators."""
    return shutil.which(program, path=SEARCH_PATH)
