"""The image of a card: its table of partitions, and whether it is one that a board of 64 bits could start from."""

from __future__ import annotations

import errno
import fcntl
import json
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleet import files
from fleet.cards import programs
from fleet.errors import CardError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from pathlib import Path

# What a partition of FAT can be in a table of the old kind, and in one of GPT.
FAT_TYPES = {"1", "4", "6", "b", "c", "e", "ef"}
GPT_FAT_TYPES = {"EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"}
# Linux by itself, and of the roots of GPT that of arm64 (the Discoverable Partitions Specification).
LINUX_TYPES = {"83", "0FC63DAF-8483-4772-8E79-3D69D8477DE4", "B921B045-1DF0-41C3-AF44-4C6F280D3FAE"}
# How what is compressed begins, and the command that makes an image of it.
COMPRESSED = {
    b"\xfd7zXZ": "xz --decompress --keep {path}",
    b"\x1f\x8b": "gunzip --keep {path}",
    b"PK\x03\x04": "unzip {path}",
    b"\x28\xb5\x2f\xfd": "unzstd {path}",
    b"BZh": "bunzip2 --keep {path}",
}
LONGEST_START = max(map(len, COMPRESSED))
NUMBER = re.compile(r"\d+\Z")
SECTOR_BYTES = 512
# The header of ELF: its class, and its machine (elf.h: EM_AARCH64).
ELF, ELF_MACHINE, AARCH64 = b"\x7fELF", slice(18, 20), 183
# A program that every Debian has, no link among its folders.
PROGRAM = "/usr/bin/dpkg"


@dataclass(frozen=True)
class Partition:
    """One partition: its number from 1, where it is in bytes, what kind, and the PARTUUID that a kernel knows it by."""

    number: int
    start: int
    size: int
    kind: str
    identity: str


@dataclass(frozen=True)
class Table:
    """The partitions of an image that count, and the length of the image in bytes."""

    path: Path
    size: int
    partitions: tuple[Partition, ...]

    @property
    def boot(self) -> Partition:
        """Find the first FAT partition; CardError if there is none."""
        return self._first(
            FAT_TYPES | GPT_FAT_TYPES,
            lazy("{path} has no FAT partition, so it is no image of Raspberry Pi OS.", path=self.path),
        )

    @property
    def root(self) -> Partition:
        """Find the first partition of Linux; CardError if there is none."""
        return self._first(
            LINUX_TYPES,
            lazy("{path} has no partition of Linux behind the first, so no board can start from it.", path=self.path),
        )

    def see_that_it_is_whole(self) -> None:
        """Refuse an image that ends before its partitions do, as after a copy that was cut short: CardError."""
        whole = max((each.start + each.size for each in self.partitions), default=0)
        if whole > self.size:
            raise CardError(
                lazy(
                    "{path} is cut off: it has {size} bytes, and its table speaks of {whole}; copy or unpack it again.",
                    path=self.path, size=self.size, whole=whole,
                )
            )  # fmt: skip

    def _first(self, kinds: set[str], if_none: str) -> Partition:
        found = next((each for each in self.partitions if each.kind.upper() in kinds or each.kind in kinds), None)
        if found is None:
            raise CardError(if_none)
        return found


def read(path: Path) -> Table:
    """Read the table of an image; CardError if it is none, or is cut off, DiskError if it cannot be read."""
    if not path.is_file():
        raise CardError(
            lazy("There is no image {path}; name a file that Raspberry Pi Imager could write to a card.", path=path)
        )
    _see_that_it_is_unpacked(path)
    done = programs.run("sfdisk", "--json", str(path), package="fdisk")
    try:
        table = Table(path, path.stat().st_size, tuple(_partitions(json.loads(done.stdout)["partitiontable"])))
    except (ValueError, KeyError, TypeError) as error:
        raise CardError(lazy("{path} is no image of a card: it has no table of partitions.", path=path)) from error
    table.see_that_it_is_whole()
    return table


def _see_that_it_is_unpacked(path: Path) -> None:
    """Refuse what is compressed, whatever its name."""
    with files.naming(path), path.open("rb") as file:
        start = file.read(LONGEST_START)
    for mark, command in COMPRESSED.items():
        if start.startswith(mark):
            raise CardError(
                lazy(
                    "{path} is compressed; unpack it first, for example with: {command}",
                    path=path, command=command.format(path=shlex.quote(str(path))),
                )
            )  # fmt: skip


def _partitions(table: dict[str, Any]) -> list[Partition]:
    sector = int(table.get("sectorsize", SECTOR_BYTES))
    return [
        Partition(
            _number(each["node"]), each["start"] * sector, each["size"] * sector, each["type"],
            _identity(table, each, _number(each["node"])),
        )
        for each in table["partitions"]
    ]  # fmt: skip


def _number(node: str) -> int:
    found = NUMBER.search(node)
    return int(found[0]) if found else 0


def _identity(table: dict[str, Any], partition: dict[str, Any], number: int) -> str:
    """Return the PARTUUID of a partition, as the kernel makes it (block/partitions/msdos.c)."""
    if "uuid" in partition:
        return str(partition["uuid"]).lower()
    return f"{int(str(table.get('id', '0')), 0):08x}-{number:02x}"


def see_that_nobody_writes(path: Path) -> None:
    """Refuse an image that a program has open for writing: CardError.

    Asked by a lease, which the kernel grants only where nobody does (F_SETLEASE of fcntl(2)); a file system without
    leases cannot tell.
    """
    with files.naming(path), path.open("rb") as file:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                raise CardError(
                    lazy("{path} is being written by another program; wait until that has ended.", path=path)
                ) from error
        else:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def see_that_it_has_64_bits(table: Table) -> None:
    """Look at a program of the root file system; CardError for one of 32 bits, or where there is none."""
    start = table.root.start
    done = programs.run("debugfs", "-R", f"cat {PROGRAM}", f"{table.path}?offset={start}", package="e2fsprogs")
    if not done.stdout.startswith(ELF):
        raise CardError(
            lazy(
                "{path} holds no system of Debian's on its partition {number}, so no board can start from it.",
                path=table.path, number=table.root.number,
            )
        )  # fmt: skip
    if int.from_bytes(done.stdout[ELF_MACHINE], "little") != AARCH64:
        raise CardError(
            lazy(
                "{path} is an image of 32 bits, and an emulated Pi has 64: take the one of 64 bits, or try the card in "
                "a board.",
                path=table.path,
            )
        )
