"""What an emulated Pi needs of the computer, checked before anything is changed."""

from __future__ import annotations

from virtual import needs

PACKAGE_OF_PROGRAM = {
    "qemu-system-aarch64": "qemu-system-arm",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "dtc": "device-tree-compiler",
    "fdtoverlay": "device-tree-compiler",
    "cpio": "cpio",
    "depmod": "kmod",
    "mke2fs": "e2fsprogs",
    "ssh-keygen": "openssh-client",
}


def check() -> None:
    """Raise NeedsError with one sentence where root, a program or Debian's keys are missing."""
    needs.demand("Emulated Pis", PACKAGE_OF_PROGRAM)
