"""The card: how full it is, whether it can be written and keeps what is written, whether it fails."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from fleet.doctor.finding import fault, mends, on_board, typed
from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.doctor.finding import Finding, Seen

LEAST_FREE = 0.10
# Of a large card, a tenth is more than anybody misses.
ENOUGH_BYTES = 4 * 2**30
MIB = 2**20
REBOOT = "systemctl reboot"
# Of cmdline.txt, as sed finds them; a board cannot name others.
WORDS = {"overlayroot": "overlayroot", "systemd.volatile": r"systemd\.volatile", "init": "init"}


def full(seen: Seen) -> Finding | None:
    """Find a card on which little can be written any more, in bytes or in files."""
    disk = seen.facts.disk
    if disk is None:
        return None
    fix = mends("disk-full", seen.board)
    if disk.free_bytes < min(disk.size_bytes * LEAST_FREE, ENOUGH_BYTES):
        share = disk.free_bytes / max(1, disk.size_bytes)
        words = lazy(
            "its disk is nearly full: {free} MiB ({share:.0%}) are free", free=disk.free_bytes // MIB, share=share
        )
        return fault("disk-full", words, fix)
    if disk.files and disk.free_files < disk.files * LEAST_FREE:
        words = lazy("its disk holds so many files that only {count} more have room", count=disk.free_files)
        return fault("disk-full-of-files", words, fix)
    return None


def read_only(seen: Seen) -> Finding | None:
    """Find a root file system that nobody can write: the kernel makes it so after errors, or fstab wants it."""
    if not seen.facts.root_is_read_only or seen.facts.overlay_by:
        return None
    if seen.facts.read_only_by_fstab:
        command = on_board(seen.board, f"mount -o remount,rw / && sed -i -E '{_WRITABLE}' /etc/fstab")
        return fault("read-only", lazy("its disk is read-only, because /etc/fstab says so"), typed(command))
    sentence = lazy("its disk is read-only, as the kernel makes it after errors")
    return fault("read-only", sentence, mends("read-only", seen.board))


# Takes `ro` out of the options of the root file system in fstab(5).
_WRITABLE = r"s#^([^\#]\S*\s+/\s+\S+\s+)(.*,)?ro(,|\s)#\1\2rw\3#"


def overlay(seen: Seen) -> Finding | None:
    """Find a root file system that forgets every change at the next start."""
    by = seen.facts.overlay_by
    if not by:
        return None
    sentence = lazy("its overlay file system ({by}) forgets every change at the next start", by=by)
    return fault("overlay", sentence, typed(on_board(seen.board, f"{_ending(by)} && {REBOOT}")))


def _ending(by: str) -> str:
    """Write what ends it; raspi-config takes away what it wrote itself, and nothing else (raspi-config PR 254)."""
    if by.startswith("/etc/"):
        return "overlayroot-chroot sh -c 'echo overlayroot=disabled >/etc/overlayroot.local.conf'"
    name = by.partition("=")[0]
    if name not in WORDS or by == "overlayroot=tmpfs":
        return "raspi-config nonint disable_overlayfs"
    boot = "/boot/firmware"
    return f"mount -o remount,rw {boot} && sed -i -E 's/ *{WORDS[name]}(=[^ ]*)?//g' {boot}/cmdline.txt"


def failing(seen: Seen) -> Finding | None:
    """Find a card that the kernel could not read or write since the start."""
    errors = seen.facts.card_errors
    if errors is None or not errors.count:
        return None
    sentence = lazy(
        "its card failed {count} times since its start (the last: {last})", count=errors.count, last=errors.last
    )
    fix = lazy("save what is on it and give it another card; type: {command}",
               command=f"invoke cards --again {shlex.quote(seen.board.name)} --watch")  # fmt: skip
    return fault("card-errors", sentence, fix)
