"""What a board says about its packages: release, architecture, package sources with their keys, what is installed."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import json
import re
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.errors import BundleError
from fleet.remote import Link

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.inventory import Board

OS_RELEASE, STATUS, BEFORE = "etc/os-release", "var/lib/dpkg/status", "var/lib/pilab/before.json"
SOURCES = ("etc/apt/sources.list", "etc/apt/sources.list.d/")
# Never apt.conf: what stands there would run on the teacher's computer.
KEYS = ("etc/apt/trusted.gpg", "etc/apt/trusted.gpg.d/", "etc/apt/keyrings/", "usr/share/keyrings/")
PINS = ("etc/apt/preferences", "etc/apt/preferences.d/")
WANTED = (OS_RELEASE, STATUS, BEFORE, *SOURCES, *KEYS, *PINS)
# In base64, because a link carries text. Files that are not there are no fault.
ASK = (
    "dpkg --print-architecture && cd / && "
    f"tar --create --gzip --dereference --ignore-failed-read {' '.join(WANTED)} 2>/dev/null | base64"
)
LIMIT_S = 120.0
MOST_BYTES = 64 * 2**20
MODES = ("core", "course")


@dataclass(frozen=True)
class Seen:
    """One board as far as apt is concerned; `files` are by path without the first slash."""

    board: str
    architecture: str
    mode: str
    files: Mapping[str, bytes]

    @property
    def release(self) -> str:
        """The code name of its release."""
        found = re.search(r'^VERSION_CODENAME="?([a-z]+)', self.text(OS_RELEASE), re.MULTILINE)
        return found[1] if found else "unknown"

    @property
    def kind(self) -> str:
        """What its bundle is called."""
        return f"{self.release}-{self.architecture}"

    @property
    def likeness(self) -> str:
        """The same for boards that want exactly the same packages."""
        words = [
            self.kind,
            self.mode,
            self.status(),
            *(f"{path} {self.text(path)}" for path in sorted(self.below(SOURCES))),
        ]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()

    def text(self, path: str) -> str:
        """Return what a file says; nothing if the board has none."""
        return self.files.get(path, b"").decode(errors="replace")

    def below(self, places: tuple[str, ...]) -> dict[str, bytes]:
        """Return the files of some places."""
        return {path: content for path, content in self.files.items() if path.startswith(places)}

    def status(self) -> str:
        """Return dpkg's file of installed packages as it was before provisioning, so that a fresh board is served."""
        came = set(json.loads(self.text(BEFORE) or "{}").get("came_with_ours", []))
        kept = [words for words in self.text(STATUS).split("\n\n") if words.strip() and self._counts(words, came)]
        return "\n\n".join(words.strip("\n") for words in kept) + "\n"

    def _counts(self, words: str, came: set[str]) -> bool:
        fields = dict(re.findall(r"^(Package|Architecture): (\S+)$", words, re.MULTILINE))
        return fields.get("Package") not in came and fields.get("Architecture") in {self.architecture, "all"}


def ask(board: Board) -> Seen:
    """Ask a board; nothing on it is changed, and no root is needed."""
    with Link(board) as link:
        answer = link.run(ASK, limit_s=LIMIT_S)
    return understand(board, answer.stdout)


def understand(board: Board, said: str) -> Seen:
    """Read a board's answer; BundleError if it is none of a Debian system."""
    architecture, _, packed = said.partition("\n")
    mode = str(board.variables.get("base_packages", MODES[0]))
    if mode not in MODES:
        raise BundleError(
            f"base_packages of {board.name} is '{mode}'; correct it in group_vars or host_vars: core or course."
        )
    try:
        seen = Seen(board.name, architecture.strip(), mode, _unpacked(base64.b64decode(packed)))
        seen.status()
    except (binascii.Error, tarfile.TarError, EOFError, OSError, ValueError, AttributeError) as error:
        raise BundleError(
            f"{board.name} did not say which packages it has ({error}); has it Raspberry Pi OS?"
        ) from error
    if not re.fullmatch(r"[a-z0-9]+", seen.architecture) or STATUS not in seen.files or not seen.below(SOURCES):
        raise BundleError(f"{board.name} did not say which packages it has; has it Raspberry Pi OS?")
    return seen


def _unpacked(content: bytes) -> dict[str, bytes]:
    """Return the files of a packed answer; a board that sends more than belongs here is not believed."""
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for member in archive:
            stream = archive.extractfile(member) if _belongs(member.name) else None
            files |= {member.name: stream.read(MOST_BYTES)} if stream else {}
            if sum(map(len, files.values())) >= MOST_BYTES:
                raise ValueError("it sent far too much")
    return files


def _belongs(path: str) -> bool:
    return path.startswith(WANTED) and ".." not in path.split("/")
