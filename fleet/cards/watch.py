"""Waits for cards, one after the other: which FAT partitions are mounted, and which one was put in."""

from __future__ import annotations

import re
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable

MOUNTS = Path("/proc/self/mountinfo")
# Where macOS mounts everything; there is no list of mounts there.
VOLUMES = Path("/Volumes")
LABELS = ("bootfs", "boot")
FAT = ("vfat", "msdos")
# proc_pid_mountinfo(5): a space, a tab, a line's end and a backslash are written as octal numbers.
OCTAL = re.compile(r"\\([0-7]{3})")
PAUSE_S = 0.5
UNMOUNT_LIMIT_S = 60.0


@dataclass(frozen=True)
class Mounted:
    """A FAT partition of a card, and the device that it is on, where one is known."""

    path: Path
    device: str = ""


def mounted() -> list[Mounted]:
    """List what is mounted and looks like the card of a Raspberry Pi; this computer may be one, and have its own."""
    if not MOUNTS.exists():
        return [Mounted(path) for path in sorted(VOLUMES.glob("boot*")) if _is_card(path)]
    rows = (_row(line) for line in MOUNTS.read_text(errors="surrogateescape").splitlines())
    found = {row.path: row for kind, row in rows if kind in FAT}
    return [row for path, row in sorted(found.items()) if Path("/boot") not in (path, *path.parents) and _is_card(path)]


def _row(line: str) -> tuple[str, Mounted]:
    """Read a line: its fifth word is where, and behind a lone hyphen stand the kind and the device."""
    before, _, after = line.partition(" - ")
    words = [OCTAL.sub(lambda found: chr(int(found[1], 8)), word) for word in (*before.split(" "), *after.split(" "))]
    at = len(before.split(" "))
    return words[at], Mounted(Path(words[4]), words[at + 1])


def _is_card(path: Path) -> bool:
    try:
        return (path / "cmdline.txt").is_file() and (path / "config.txt").is_file()
    except OSError:
        return False


def next_card(say: Callable[[str], None]) -> Mounted:
    """Wait until exactly one card is in."""
    told: list[Mounted] = []
    while len(found := mounted()) != 1:
        if len(found) > 1 and found != told:
            say(lazy("{count} cards are in: {places}. Take out all but one.", count=len(found), places=_places(found)))
            told = found
        time.sleep(PAUSE_S)
    return found[0]


def _places(cards: list[Mounted]) -> str:
    return ", ".join(str(each.path) for each in cards)


def let_go(card: Mounted) -> bool:
    """Unmount a card, so that it may be taken out at once; False where only a person can."""
    ways = [
        ["udisksctl", "unmount", "--no-user-interaction", "--block-device", card.device],
        ["umount", str(card.path)],
    ]
    for words in ways if card.device else []:
        with suppress(OSError, subprocess.TimeoutExpired):
            done = subprocess.run(
                words, capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=UNMOUNT_LIMIT_S
            )
            if done.returncode == 0:
                return True
    return False


def wait_until_out(card: Mounted, say: Callable[[str], None]) -> None:
    """Wait until no card is there any longer: who has two in hand could not tell afterwards which is whose."""
    told = False
    while found := mounted():
        others = [each for each in found if each.path != card.path]
        if others and not told:
            say(
                lazy(
                    "Another card is in, at {places}, and stays as it is: take out all of them, and put them in one "
                    "after the other.",
                    places=_places(others),
                )
            )
            told = True
        time.sleep(PAUSE_S)
