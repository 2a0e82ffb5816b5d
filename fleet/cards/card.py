"""The FAT partition of a card, wherever it is: a folder that is mounted, or the first FAT partition of an image."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from fleet import files
from fleet.errors import CardError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# cmdline.txt has some 200 bytes, a user-data of pi-gen 3400. Whatever is longer is not what we look for.
MOST_BYTES = 100_000
# FAT gives whole clusters: 32 KiB at most on partitions of up to 2 GiB.
CLUSTER_BYTES = 32 * 1024
LIMIT_S = 120.0
# What a partition of FAT can be in a table of the old kind, and in one of GPT.
FAT_TYPES = {"1", "4", "6", "b", "c", "e", "ef"}
GPT_TYPES = {"EBD0A0A2-B9E5-4433-87C0-68B6B72699C7", "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"}
FREE = re.compile(r"([\d ]+) bytes free")


class Card(Protocol):
    """What is read from a card, and written to it."""

    place: str

    def read(self, name: str) -> str | None:
        """Return a file as text, None if there is none."""

    def free_bytes(self) -> int:
        """Tell how much there is room for."""

    def write(self, contents: Mapping[str, str]) -> None:
        """Write files in this order, each whole or not at all; CardError if the card does not take them."""


def room_for(contents: Mapping[str, str]) -> int:
    """Return what files take on a card at most, in bytes; one at a time is there twice, while it replaces another."""
    return sum(-(-len(text.encode()) // CLUSTER_BYTES) * CLUSTER_BYTES for text in contents.values()) + CLUSTER_BYTES


class MountedCard:
    """A card that is mounted, or a folder to be dragged on one."""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self.path = path

    def read(self, name: str) -> str | None:
        """Return a file as text, None if there is none; CardError if the card cannot be read."""
        with _refusals(self.place):
            try:
                with (self.path / name).open("rb") as file:
                    return file.read(MOST_BYTES).decode(errors="replace")
            except (FileNotFoundError, NotADirectoryError):
                return None

    def free_bytes(self) -> int:
        """Tell how much there is room for; CardError for a card that takes nothing."""
        with _refusals(self.place):
            found = os.statvfs(self.path)
        if found.f_flag & os.ST_RDONLY:
            raise CardError(read_only(self.place))
        return found.f_bavail * found.f_frsize

    def write(self, contents: Mapping[str, str]) -> None:
        """Write files, and wait until the card has them."""
        with _refusals(self.place):
            for name, text in contents.items():
                self._write(self.path / name, text)
            os.sync()

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.new")
        try:
            with fresh.open("wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise


def read_only(place: str) -> str:
    """Say that a card takes nothing."""
    return f"The card at {place} is write-protected: slide the lock of its adapter up, put it in again."


@contextmanager
def _refusals(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EROFS:
            raise CardError(read_only(place)) from error
        if error.errno == errno.ENOSPC:
            raise CardError(f"The card at {place} is full; write its system anew with Raspberry Pi Imager.") from error
        if error.errno in (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOTCONN):
            raise CardError(f"The card at {place} was taken out or is broken: {error.strerror}.") from error
        raise CardError(files.sentence(error)) from error


class ImageCard:
    """The FAT partition within an image, through Debian's mtools, which need no root."""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self._image = f"{path}@@{_offset(path)}"

    def read(self, name: str) -> str | None:
        """Return a file as text, None if there is none."""
        done = self._mtools("mtype", f"::{name}")
        return done.stdout[:MOST_BYTES].decode(errors="replace") if done.returncode == 0 else None

    def free_bytes(self) -> int:
        """Tell how much there is room for; CardError for an image that cannot be written or is none."""
        if not os.access(self.place, os.W_OK):
            raise CardError(f"{self.place} may not be written; work on a copy of it: cp {self.place} mine.img")
        done = self._mtools("mdir", "::")
        found = FREE.search(done.stdout.decode(errors="replace"))
        if not found:
            raise CardError(f"{self.place} holds no FAT file system: {done.stderr.decode(errors='replace').strip()}.")
        return int(found[1].replace(" ", ""))

    def write(self, contents: Mapping[str, str]) -> None:
        """Copy files into the image; CardError names the one that it does not take."""
        for folder in dict.fromkeys(name.rpartition("/")[0] for name in contents if "/" in name):
            self._mtools("mmd", "-D", "s", f"::{folder}")
        for name, text in contents.items():
            self._copy(name, text)

    def _copy(self, name: str, text: str) -> None:
        with tempfile.NamedTemporaryFile(prefix="pilab-") as file:
            file.write(text.encode())
            file.flush()
            done = self._mtools("mcopy", "-D", "o", "-o", file.name, f"::{name}")
        if done.returncode:
            raise CardError(
                f"{name} cannot be written into {self.place}: {done.stderr.decode(errors='replace').strip()}."
            )

    def _mtools(self, program: str, *words: str) -> subprocess.CompletedProcess[bytes]:
        return _run(program, "-i", self._image, *words, package="mtools")


def _offset(path: Path) -> int:
    """Find where the first FAT partition of an image begins, in bytes; CardError if there is none."""
    if not path.is_file():
        raise CardError(f"There is no image {path}; name a file that Raspberry Pi Imager could write to a card.")
    if path.suffix in {".xz", ".gz", ".zip"}:
        raise CardError(f"{path} is compressed; unpack it first, for example with: xz --decompress --keep {path}")
    done = _run("sfdisk", "--json", str(path), package="fdisk")
    try:
        table = json.loads(done.stdout)["partitiontable"]
        size = int(table.get("sectorsize", 512))
        starts = [
            part["start"] * size
            for part in table["partitions"]
            if part["type"].upper() in GPT_TYPES or part["type"] in FAT_TYPES
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise CardError(f"{path} is no image of a card: it has no table of partitions.") from error
    if not starts:
        raise CardError(f"{path} has no FAT partition, so it is no image of Raspberry Pi OS.")
    return int(starts[0])


def _run(program: str, *words: str, package: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1"}
    # What is asked of root alone is kept from others' PATH by Debian.
    environment["PATH"] = f"{environment.get('PATH', '')}:/usr/sbin:/sbin"
    try:
        return subprocess.run(
            [program, *words],
            capture_output=True,
            check=False,
            timeout=LIMIT_S,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise CardError(f"{program} is missing; install it with: sudo apt-get install {package}") from error
    except subprocess.TimeoutExpired as error:
        raise CardError(f"{program} took longer than {LIMIT_S:g} s; is the disk well?") from error
