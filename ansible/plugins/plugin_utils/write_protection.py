"""What a board's card is protected by, told with the way to end it."""

from __future__ import annotations

OF_RASPI_CONFIG = ("boot=overlay", "overlayroot=tmpfs", "/proc/mounts")
AFTER = "and restart the board"


def forgetful(overlay_by: str) -> str:
    """Return the sentence about a board that forgets every change, or nothing; `overlay_by` is the look's.

    `raspi-config nonint disable_overlayfs` takes away what it wrote itself, and nothing else (raspi-config PR 254).
    """
    if not overlay_by:
        return ""
    said = "its overlay file system forgets every change at the next start, so nothing was changed"
    if overlay_by.startswith("/etc/"):
        fix = f'write overlayroot="disabled" into {overlay_by} in a shell of `sudo overlayroot-chroot`'
    elif overlay_by in OF_RASPI_CONFIG:
        fix = "switch it off with `sudo raspi-config nonint disable_overlayfs`"
    else:
        fix = f"take {overlay_by} out of /boot/firmware/cmdline.txt"
    return f"{said}: {fix} {AFTER}."


def write_protected(folder: str, wanted: str) -> str:
    """Return the sentence about a boot partition that cannot be written; `wanted` is what has to change on it."""
    return (
        f"its boot partition is write-protected and {wanted} has to change, so nothing was changed: write it once with "
        f"`sudo mount -o remount,rw {folder}`, or for good with `sudo raspi-config nonint disable_bootro` {AFTER}."
    )
