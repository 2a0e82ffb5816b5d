"""A private root of apt on this computer, made like a board's: apt resolves, checks and downloads as it would there."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.bundle import apt
from fleet.bundle.board import KEYS, PINS, SOURCES
from fleet.errors import BundleError
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.bundle.board import Seen

UPDATE_LIMIT_S = 900.0
# lists: compressed as they were published, for the boards. open: the same unpacked, because apt reads compressed ones
# at a fiftieth of the speed. archives: kept, so that only what is new is downloaded next time. none: stays empty.
FOLDERS = ("etc/apt/preferences.d", "etc/apt/trusted.gpg.d", "lists", "open", "archives/partial", "none/partial")
CONFIG = """\
Dir "{root}/";
Dir::Etc "{root}/etc/apt";
Dir::Etc::parts "/dev/null";
Dir::Etc::main "/dev/null";
Dir::State "{root}";
Dir::State::lists "{root}/open";
Dir::State::status "{root}/status";
Dir::State::extended_states "{root}/extended_states";
Dir::Cache "{root}";
Dir::Cache::archives "{root}/archives";
APT::Architecture "{architecture}";
APT::Architectures "{architecture}";
APT::Get::List-Cleanup "false";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::ForceHash "SHA256";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "3";
"""
# Compressed as they were published, because only their hashes are signed.
AS_PUBLISHED = (
    "--option=Dir::State::lists={root}/lists",
    "--option=Acquire::GzipIndexes=true",
    "--option=Acquire::IndexTargets::deb::Packages::KeepCompressedAs=xz gz bz2 lzma zst lz4",
)
COMPRESSED = (".xz", ".gz", ".bz2", ".lzma", ".zst", ".lz4")
SIGNATURES = ("InRelease", "Release", "Release.gpg")


@dataclass(frozen=True)
class Deb:
    """A package to carry: where it comes from, what apt calls its file, and what that file must be."""

    uri: str
    file: str
    size_bytes: int
    sha256: str


class Root:
    """One private root, for boards of one kind; every method but the first builds on the ones above it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._config = self._folder / "apt.conf"
        self._as_published = [option.format(root=self._folder) for option in AS_PUBLISHED]
        self.archives = self._folder / "archives"

    def imitate(self, seen: Seen) -> None:
        """Become like a board: its package sources and their keys, and what it has installed."""
        shutil.rmtree(self._folder / "etc", ignore_errors=True)
        for name in FOLDERS:
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(root=self._folder, architecture=seen.architecture) + apt.proxies()
        files = {"apt.conf": config.encode(), "status": seen.status().encode(), **seen.below(KEYS + PINS)}
        for path, content in {**files, **sources_for(seen, self._folder)}.items():
            (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / path).write_bytes(content)

    def update(self) -> None:
        """Fetch the package lists, whose signatures apt checks."""
        apt.run(self._config, "apt-get", "update", "-qq", *self._as_published, limit_s=UPDATE_LIMIT_S)
        for old in (self._folder / "open").glob("*_*"):
            old.unlink()
        for path in (self._folder / "lists").glob("*_*"):
            opened = path.with_suffix("") if path.suffix in COMPRESSED else path
            said = apt.run(self._config, "/usr/lib/apt/apt-helper", "cat-file", str(path))
            (self._folder / "open" / opened.name).write_text(said, encoding="utf-8")

    def lists(self) -> dict[str, Path]:
        """Return the files of the package lists by their addresses; BundleError if one is not there or not signed."""
        form = "--format=$(METAKEY) $(BASE_URI) $(FILENAME)"
        said = apt.run(self._config, "apt-get", "indextargets", form, *self._as_published)
        found = {}
        for key, base, name in (line.split(" ") for line in said.splitlines()):
            beside, suffix = name.partition(key.replace("/", "_"))[0], Path(name).suffix
            found[base + key + suffix * (suffix in COMPRESSED)] = Path(name)
            found |= {base + each: Path(beside + each) for each in SIGNATURES if Path(beside + each).exists()}
        if not found:
            raise BundleError("apt on this computer got none of the package lists; is there internet?")
        return found

    def available(self, names: Sequence[str]) -> list[str]:
        """Return those of some packages that the package sources have."""
        said = apt.run(self._config, "apt-cache", "show", "--no-all-versions", *names, may_fail=True)
        return sorted(set(re.findall(r"^Package: (\S+)$", said, re.MULTILINE)) & set(names))

    def needed(self, names: Sequence[str]) -> list[Deb]:
        """Return what would be downloaded to install some packages, if nothing were here."""
        none = f"--option=Dir::Cache::archives={self._folder}/none"
        said = apt.run(self._config, "apt-get", "install", "--yes", "-qq", "--print-uris", none, *names)
        rows = re.findall(r"^'(\S+)' (\S+) (\d+) SHA256:(\w+)$", said, re.MULTILINE)
        return [Deb(uri, file, int(size), digest) for uri, file, size, digest in rows]

    def download(self, names: Sequence[str], tick: Callable[[], None]) -> None:
        """Have apt download what is not here yet; `tick` is called now and then."""
        command = ("apt-get", "install", "--yes", "-qq", "--download-only", *names)
        apt.follow(self._config, self._folder / "download.log", tick, *command)


def sources_for(seen: Seen, root: Path) -> dict[str, bytes]:
    """Return the files with a board's package sources, with the keys that were brought from there."""
    sources = plugin("module_utils", "apt_sources")
    found = sources.sources_in({path: seen.text(path) for path in seen.below(SOURCES)})
    if not found:
        raise BundleError(f"{seen.board} has no package sources in the network; see its /etc/apt/sources.list.")
    files = sources.written(found, seen.architecture, str(root / "etc/apt"), str(root))
    return {f"etc/apt/{name}": text.encode() for name, text in files.items()}
