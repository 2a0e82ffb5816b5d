"""What virtual and emulated Pis need of the computer, checked before anything is changed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.i18n import LazyText, lazy
from virtual.errors import NeedsError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Needs:
    """Who needs the programs, and the Debian package of each."""

    who: LazyText
    package_of_program: Mapping[str, str]


VIRTUAL_PIS = Needs(
    lazy("Virtual Pis"),
    {
        "systemd-nspawn": "systemd-container",
        "mmdebstrap": "mmdebstrap",
        "nft": "nftables",
        "ip": "iproute2",
        "ssh-keygen": "openssh-client",
    },
)
EMULATED_PIS = Needs(
    lazy("Emulated Pis"),
    {
        "qemu-system-aarch64": "qemu-system-arm",
        "qemu-img": "qemu-utils",
        "mmdebstrap": "mmdebstrap",
        "dtc": "device-tree-compiler",
        "fdtoverlay": "device-tree-compiler",
        "cpio": "cpio",
        "depmod": "kmod",
        "mke2fs": "e2fsprogs",
        "ssh-keygen": "openssh-client",
    },
)
# Administrators' programs are not on every user's PATH in Debian.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
# systemd-nspawn makes the addresses of its guests of it, and ends with "No medium found" without it.
MACHINE_ID = Path("/etc/machine-id")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def check(needs: Needs) -> None:
    """Raise NeedsError with one sentence where root, a program or Debian's keys are missing."""
    missing = missing_packages(needs.package_of_program)
    if missing:
        raise NeedsError(
            lazy(
                "{who} need programs that are not installed; install them with: {command}",
                who=needs.who,
                command=f"sudo apt-get install {' '.join(missing)}",
            )
        )
    if os.geteuid() != 0:
        raise NeedsError(
            lazy(
                "{who} need root, because they are systems of their own; type: {command}",
                who=needs.who,
                command=with_sudo(sys.orig_argv),
            )
        )


def check_machine_id() -> None:
    """Raise NeedsError where this computer has no number of its own, as a root file system that never booted."""
    known = MACHINE_ID.read_text(encoding="utf-8", errors="replace") if MACHINE_ID.exists() else ""
    if not re.fullmatch(r"[0-9a-fA-F]{32}", known.strip()):
        raise NeedsError(
            lazy(
                "{who} need the number of this computer, and {path} has none; give it one with: {command}",
                who=VIRTUAL_PIS.who,
                path=MACHINE_ID,
                command="sudo systemd-machine-id-setup",
            )
        )


def with_sudo(words: Sequence[str]) -> str:
    """The command that was typed, Python and all, as root; sudo has a PATH of its own, so that it gets whole paths."""
    script = os.access(words[1], os.X_OK)
    return shlex.join(["sudo", *([] if script else [sys.executable]), *words[1:]])


def missing_packages(package_of_program: Mapping[str, str]) -> list[str]:
    """The Debian packages whose program is not on this computer."""
    wanted = [package for program, package in package_of_program.items() if not find(program)]
    packages = list(dict.fromkeys(wanted))
    return packages if KEYRING.exists() else [*packages, "debian-archive-keyring"]


def find(program: str) -> str | None:
    """Where a program is, also when it is one for administrators."""
    return shutil.which(program, path=SEARCH_PATH)
