"""Which system a card has, and how it is told what it shall be: by what lies on the FAT partition, never by a date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.cards.formats.cloud_init import CloudInit
from fleet.cards.formats.custom_toml import CustomToml
from fleet.cards.formats.format import BOOT, FIRMWARE
from fleet.cards.formats.preseed import FILE as PRESEED
from fleet.cards.formats.preseed import Preseed
from fleet.errors import CardError, PlanError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from fleet.cards.card import Card
    from fleet.cards.formats.format import Format

FIRSTBOOT = "init=/usr/lib/raspberrypi-sys-mods/firstboot"
# pi-gen, stage1: the start in which the card grows to its size takes the word away.
GROWS = "resize"
# pi-gen, stage2: the first line of /etc/rpi-issue, which is copied to the FAT partition.
ISSUE = re.compile(r"Raspberry Pi reference (\d{4}-\d{2}-\d{2})")
# pi-gen, stage1: in config.txt from bookworm on, where the FAT partition is mounted at /boot/firmware.
INITRAMFS = re.compile(r"^auto_initramfs=1", re.MULTILINE)
KNOWN = lazy("trixie (cloud-init), bookworm and bullseye (custom.toml) and rpi-preseed")
# For a folder, made where no card is seen. bookworm's needs the command line of its card.
DEFAULT_RELEASE = "trixie"


@dataclass(frozen=True)
class System:
    """A system as it is before its first start."""

    release: str
    date: str
    format: Format
    # The words of cmdline.txt; none where no card was seen.
    cmdline: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name it for a person."""
        return f"Raspberry Pi OS {' '.join(filter(None, (self.release, self.date)))}, {self.format.name}"


def of_card(card: Card) -> System:
    """Find out what is on a card; CardError if it is nothing that can be prepared."""
    line, config = card.read("cmdline.txt"), card.read("config.txt")
    if line is None or config is None:
        raise CardError(
            lazy(
                "{place} is not the FAT partition of a card for a Raspberry Pi: it lacks cmdline.txt or config.txt.",
                place=card.place,
            )
        )
    issue = ISSUE.match(card.read("issue.txt") or "")
    if not issue:
        raise CardError(
            lazy(
                "The system on {place} is not Raspberry Pi OS, which has an issue.txt; Pilab knows {known}.",
                place=card.place,
                known=KNOWN,
            )
        )
    release, chosen = _format(card, line, config, issue[1])
    return System(release, issue[1], chosen, tuple(_words(card, line)))


def _words(card: Card, line: str) -> list[str]:
    lines = [
        each.split()
        for each in line.replace("\r", "\n").replace("\x1a", "").lstrip("\ufeff").split("\n")
        if each.strip()
    ]
    if len(lines) != 1:
        raise CardError(
            lazy(
                "cmdline.txt on {place} has {count} lines, and the board reads one: write its system anew with "
                "Raspberry Pi Imager.",
                place=card.place,
                count=len(lines),
            )
        )
    if not all(word.isprintable() for word in lines[0]):
        raise CardError(
            lazy(
                "cmdline.txt on {place} has bytes that no board can read, as an editor may leave them: write its "
                "system anew with Raspberry Pi Imager.",
                place=card.place,
            )
        )
    return lines[0]


def _format(card: Card, line: str, config: str, date: str) -> tuple[str, Format]:
    if card.read(PRESEED) is not None:
        return "", Preseed()
    if card.read("user-data") is not None and card.read("meta-data") is not None:
        return DEFAULT_RELEASE, CloudInit()
    if FIRSTBOOT in line.split():
        return ("bookworm", CustomToml(FIRMWARE)) if INITRAMFS.search(config) else ("bullseye", CustomToml(BOOT))
    raise CardError(
        lazy(
            "The system on {place} (Raspberry Pi OS of {date}) is not known, or has been started already; Pilab "
            "knows {known}: write it anew with Raspberry Pi Imager.",
            place=card.place,
            date=date,
            known=KNOWN,
        )
    )


def of_release(release: str) -> System:
    """Take a system by its name, for a folder; PlanError if that cannot be."""
    if release != DEFAULT_RELEASE:
        raise PlanError(
            lazy(
                "--release is '{release}'; without a card only {default_release} can be prepared, since others "
                "change a line of their card's: show one with --like /media/.../bootfs, or the image with --like "
                "FILE.img.",
                release=release,
                default_release=DEFAULT_RELEASE,
            )
        )
    return System(release, "", CloudInit())


def was_started(system: System) -> bool:
    """Tell whether a board has started from a card, by what its first start takes from the command line."""
    return bool(system.cmdline) and isinstance(system.format, CloudInit) and GROWS not in system.cmdline
