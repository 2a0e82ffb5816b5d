"""What a board says about its packages: release, architecture, package sources with their keys, what is installed."""

from __future__ import annotations

import hashlib
import re
import tarfile
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fleet.boards import answers
from fleet.boards.ssh import Link
from fleet.bundle import answer
from fleet.errors import BundleError
from fleet.i18n import lazy
from fleet.places import ROOM
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.boards.inventory import Board

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
SETTLED = re.compile(r"\w+ ok (?:installed|config-files|not-installed)")
LIMIT_S = 60.0
# Packed, a board with everything installed has some 2 MB to say.
MOST_BYTES = 16 * 2**20
MODES = ("core", "course")
ARCHITECTURES = ("arm64", "armhf", "amd64")


class Before(Struct):
    """What provisioning wrote down about a board, as far as it is needed here."""

    came_with_ours: list[str] = []


@dataclass(frozen=True)
class BoardPackages:
    """One board as far as apt is concerned; `files` are by path without the first slash."""

    board: str
    architecture: str
    mode: str
    files: Mapping[str, bytes]
    more: tuple[str, ...] = ()  # packages that the classroom wants beside the course's

    @property
    def release(self) -> str:
        """The code name of its release."""
        found = re.search(r'^VERSION_CODENAME="?([a-z]{1,20})\b', self.text(OS_RELEASE), re.MULTILINE)
        return found[1] if found else "unknown"

    @property
    def kind(self) -> str:
        """What its bundle is called."""
        return f"{self.release}-{self.architecture}"

    @cached_property
    def trust(self) -> str:
        """The same for boards that take packages from the same places, by the same keys and preferences."""
        digest = hashlib.sha256()
        for path, content in sorted(self.below(SOURCES + KEYS + PINS).items()):
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()

    @cached_property
    def likeness(self) -> str:
        """The same for boards of the same trust that lack the same packages."""
        return hashlib.sha256(f"{self.mode}\n{self.more}\n{self.status()}".encode()).hexdigest()

    def text(self, path: str) -> str:
        """Return what a file says; nothing if the board has none."""
        return self.files.get(path, b"").decode(errors="replace")

    def below(self, places: tuple[str, ...]) -> dict[str, bytes]:
        """Return the files of some places."""
        return {path: content for path, content in self.files.items() if path.startswith(places)}

    def sources(self) -> list[Any]:
        """Return its package sources in the network."""
        found: list[Any] = plugin("module_utils", "apt_sources").sources_in(
            {path: self.text(path) for path in self.below(SOURCES)}
        )
        return found

    def status(self) -> str:
        """Return dpkg's file of installed packages as it was before provisioning, so that a fresh board is served.

        What dpkg has begun with and not ended is left out, so that the bundle has it whole.
        """
        came = set(answers.read(Before, self.text(BEFORE) or "{}").came_with_ours)
        kept = [words for words in self.text(STATUS).split("\n\n") if words.strip() and self._counts(words, came)]
        return "\n\n".join(words.strip("\n") for words in kept) + "\n"

    def _counts(self, words: str, came: set[str]) -> bool:
        fields = dict(re.findall(r"^(Package|Architecture|Status): (.+)$", words, re.MULTILINE))
        is_ours = fields.get("Package") in came or fields.get("Architecture") not in {self.architecture, "all"}
        return not is_ours and SETTLED.fullmatch(fields.get("Status", "")) is not None


def ask(board: Board) -> BoardPackages:
    """Ask a board; nothing on it is changed, and no root is needed."""
    with Link(board) as link:
        result = link.run(ASK, limit_s=LIMIT_S, most_bytes=MOST_BYTES)
    return parse_answer(board, result.stdout)


def _own(board: Board) -> tuple[tuple[str, ...], dict[str, bytes]]:
    """Return the packages that the classroom wants beside the course's, and its own package sources as files.

    BundleError if the settings are not as they should be.
    """
    things = plugin("plugin_utils", "own_things")
    try:
        packages = things.packages(board.variables.get("base_extra_packages", []))
        sources = things.sources(board.variables.get("base_extra_sources", []), ROOM)
    except (things.OwnThingsError, TypeError, KeyError) as error:
        raise BundleError(lazy("{board}: {error}", board=board.name, error=error)) from error
    written = {file["path"].lstrip("/"): file["content"].encode() for source in sources for file in source.files()}
    return tuple(packages), written


def parse_answer(board: Board, output: str) -> BoardPackages:
    """Read a board's answer; BundleError if it is none of a Debian system."""
    architecture, _, packed = output.partition("\n")
    mode = str(board.variables.get("base_packages", MODES[0]))
    if mode not in MODES:
        raise BundleError(
            lazy(
                "base_packages of {board} is '{mode}'; correct it in group_vars or host_vars: core or course.",
                board=board.name,
                mode=mode,
            )
        )
    more, own = _own(board)
    try:
        files = {**answer.files_of(packed, WANTED), **own}
        seen = BoardPackages(board.name, architecture.strip(), mode, files, more)
        seen.status()
        answer.check_sources(seen.sources(), KEYS)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise BundleError(_strange(board, lazy(" ({error})", error=error))) from error
    if seen.architecture not in ARCHITECTURES or STATUS not in seen.files or not seen.below(SOURCES):
        raise BundleError(_strange(board))
    return seen


def _strange(board: Board, why: str = "") -> str:
    return lazy("{board} did not say which packages it has{why}; has it Raspberry Pi OS?", board=board.name, why=why)
