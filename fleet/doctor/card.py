"""Why a board is mute, as its card tells in this computer's reader: its first partition, which every system can read.

A card is a stranger, too: so many bytes of each file are read, and of regular files only.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleet.doctor.finding import fault
from fleet.errors import InventoryError
from fleet.files import sentence
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fleet.doctor.finding import Finding

NAME = "card"
# A user-data with keys of a whole class has some ten thousand.
MOST_BYTES = 1 << 16
MOST_NAMES = 2000
# What is on the first partition of every Raspberry Pi OS.
SIGNS = ("config.txt", "cmdline.txt", "overlays")
FILES = (
    *("cmdline.txt", "config.txt", "user-data", "meta-data", "network-config", "custom.toml", "firstrun.sh"),
    *("pilab/done.txt", "pilab/seat"),
)
SECRET = "pilab/ssh_host_ed25519_key"  # noqa: S105 (the name of a file)


@dataclass(frozen=True)
class Card:
    """The first partition of a card: where it is, its names, and the texts of the files that tell something."""

    folder: Path
    names: frozenset[str]
    texts: Mapping[str, str]
    # Files that are longer than any honest one, or that cannot be read, with the reason.
    unreadable: Mapping[str, str] = field(default_factory=dict)
    has_secret: bool = False

    def text(self, name: str) -> str:
        """Return what a file says; nothing where there is none."""
        return self.texts.get(name, "")


def diagnose(folder: Path) -> list[Finding]:
    """Look at a card; InventoryError if there is none at that place."""
    from fleet.doctor.rules.card import RULES  # noqa: PLC0415 (its rules know what a card is from here)

    card = read(folder)
    unread = [
        fault("card-file", lazy("its {name} cannot be read ({why})", name=name, why=why), lazy("write the card anew"))
        for name, why in card.unreadable.items()
    ]
    return unread + [found for rule in RULES for found in rule(card)]


def read(folder: Path) -> Card:
    """Read what is of use; InventoryError if this is no first partition of a card of a Raspberry Pi."""
    try:
        with os.scandir(folder) as entries:
            names = frozenset(entry.name for entry, _ in zip(entries, range(MOST_NAMES), strict=False))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InventoryError(
            lazy(
                "--card is '{folder}', and there is no such folder; give the one where the card is mounted, for "
                "example: --card /media/$USER/bootfs",
                folder=folder,
            )
        ) from error
    except OSError as error:
        raise InventoryError(f"--card: {sentence(error, folder)}") from error
    if not names.intersection(SIGNS):
        raise InventoryError(
            f"--card is '{folder}', which is no first partition of a card (there is no {SIGNS[0]}); "
            "give the folder where it is mounted, for example: --card /media/$USER/bootfs"
        )
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for name in FILES:
        _read_into(folder, name, texts, unreadable)
    return Card(folder, names, texts, unreadable, os.path.lexists(folder / SECRET))


def _read_into(folder: Path, name: str, texts: dict[str, str], unreadable: dict[str, str]) -> None:
    try:
        content = _content(folder / name)
    except FileNotFoundError:
        return
    except OSError as error:
        unreadable[name] = error.strerror or str(error)
        return
    if len(content) > MOST_BYTES:
        unreadable[name] = f"more than {MOST_BYTES // 1024} KiB"
    else:
        texts[name] = content.decode("utf-8", "replace")


def _content(path: Path) -> bytes:
    """Read a file as far as it may go; OSError, also where there is a link, a pipe or a device instead."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_NOFOLLOW)
    with os.fdopen(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(0, "it is no file")
        return file.read(MOST_BYTES + 1)
