"""The kernel's settings that virtual Pis need, changed for as long as any room is up and then put back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from virtual.containers.boards import MOST_PIS

REMEMBERED = Path("/run/pilab")
FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
# Every systemd holds some 40 inotify instances of the whole computer's; 128 are enough for three guests and not for 30.
INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
NEEDED = {FORWARDING: 1, INOTIFY: 64 * MOST_PIS}


def change() -> None:
    """Raise the settings that are too low; the first room writes down what it found."""
    REMEMBERED.mkdir(parents=True, exist_ok=True)
    for setting, value in NEEDED.items():
        found = int(setting.read_text())
        if not _remembered(setting).exists():
            _remembered(setting).write_text(f"{found}\n")
        setting.write_text(f"{max(found, value)}\n")


def restore() -> None:
    """Put every setting back as the first room found it; call it when the last room is gone."""
    for setting in NEEDED:
        with suppress(FileNotFoundError):
            setting.write_text(_remembered(setting).read_text())
            _remembered(setting).unlink()
    with suppress(OSError):
        REMEMBERED.rmdir()


def _remembered(setting: Path) -> Path:
    return REMEMBERED / f"{setting.name}.before"
