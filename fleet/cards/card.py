"""The FAT partition of a card, wherever it is: a folder that is mounted, or the first FAT partition of an image."""

from __future__ import annotations

import errno
import os
import re
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from fleet import files
from fleet.cards import image, programs
from fleet.errors import CardError
from fleet.i18n import lazy

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping
    from pathlib import Path

# cmdline.txt has some 200 bytes, a user-data of pi-gen 3400. Whatever is longer is not what we look for.
MOST_BYTES = 100_000
# FAT gives whole clusters: 32 KiB at most on partitions of up to 2 GiB.
CLUSTER_BYTES = 32 * 1024
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
    return lazy(
        "The card at {place} is write-protected: slide the lock of its adapter up, put it in again.",
        place=place,
    )


@contextmanager
def _refusals(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EROFS:
            raise CardError(read_only(place)) from error
        if error.errno == errno.ENOSPC:
            raise CardError(
                lazy("The card at {place} is full; write its system anew with Raspberry Pi Imager.", place=place)
            ) from error
        if error.errno in (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOTCONN):
            raise CardError(
                lazy("The card at {place} was taken out or is broken: {why}.", place=place, why=error.strerror)
            ) from error
        raise CardError(files.sentence(error)) from error


class ImageCard:
    """The FAT partition within an image, through Debian's mtools, which need no root."""

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self._image = f"{path}@@{image.read(path).boot.start}"

    def read(self, name: str) -> str | None:
        """Return a file as text, None if there is none."""
        done = self._mtools("mtype", f"::{name}")
        return done.stdout[:MOST_BYTES].decode(errors="replace") if done.returncode == 0 else None

    def free_bytes(self) -> int:
        """Tell how much there is room for; CardError for an image that cannot be written or is none."""
        if not os.access(self.place, os.W_OK):
            raise CardError(
                lazy(
                    "{path} may not be written; work on a copy of it: {command}",
                    path=self.place, command=f"cp {self.place} mine.img",
                )
            )  # fmt: skip
        done = self._mtools("mdir", "::")
        found = FREE.search(done.stdout.decode(errors="replace"))
        if not found:
            raise CardError(lazy("{path} holds no FAT file system: {why}.", path=self.place, why=programs.said(done)))
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
                lazy(
                    "{name} cannot be written into {path}: {why}.", name=name, path=self.place, why=programs.said(done)
                )
            )

    def _mtools(self, program: str, *words: str) -> subprocess.CompletedProcess[bytes]:
        return programs.run(program, "-i", self._image, *words, package="mtools")
