"""A private root of apt on this computer, made like a board's: apt resolves, checks and downloads as it would there."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.bundle import apt, pack
from fleet.bundle.board import KEYS, PINS
from fleet.bundle.sources import notes_on, sources_for, usable, without
from fleet.errors import BundleError
from fleet.i18n import lazy
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fleet.bundle.board import BoardPackages

# All lists of Debian and Raspberry Pi take some 60 MB as they are published and 400 MB unpacked.
MOST_LISTS_BYTES = 2 * 2**30
MOST_LISTS = 1000
MOST_PACKAGES = 5000
MOST_ROUNDS = 10  # of overlooking what is broken
# A package of the table and of what it needs; the largest of them has some 100 MB.
MOST_PACKAGE_BYTES = 2**30
DEB = re.compile(
    r"'(?P<uri>[^'\s]{1,500})' (?P<file>[a-z0-9][a-z0-9.+-]{1,100}_[A-Za-z0-9.+~%-]{1,100}_[a-z0-9]{1,20}\.deb) "
    r"(?P<size>[0-9]{1,10}) SHA256:(?P<sha256>[0-9a-f]{64})"
)
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
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::ForceHash "SHA256";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::IndexTargets::deb::Packages::CompressionTypes "xz gz bz2 lzma zst lz4 uncompressed";
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


@dataclass(frozen=True)
class AptTimeouts:
    """How long package sources may take to give their lists, and what is wanted of them."""

    update_s: float
    download_s: float


class Root:
    """One private root, for boards of one trust; every method but the first builds on the ones above it."""

    def __init__(self, folder: Path, timeouts: AptTimeouts) -> None:
        self._timeouts = timeouts
        self._folder = folder.resolve()
        self._config = self._folder / "apt.conf"
        self._as_published = [option.format(root=self._folder) for option in AS_PUBLISHED]
        self.archives = self._folder / "archives"

    def configure(self, seen: BoardPackages) -> None:
        """Become like a board: its package sources their keys, in a folder of its own; BundleError without them."""
        shutil.rmtree(self._folder / "etc", ignore_errors=True)
        for name in FOLDERS:
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        config = CONFIG.format(root=self._folder, architecture=seen.architecture) + apt.proxies()
        files = {"apt.conf": config.encode(), "status": b"", **seen.below(KEYS + PINS)}
        self._write({**files, **sources_for(usable(seen), seen.architecture, self._folder)})

    def _write(self, files: dict[str, bytes]) -> None:
        for path, content in files.items():
            (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / path).write_bytes(content)

    def set_installed(self, seen: BoardPackages) -> None:
        """Have installed what a board has; what somebody's own packages lack there is none of the bundle's business."""
        packages, place = plugin("module_utils", "board_packages"), self._folder / "status"
        status, theirs = seen.status(), set[str]()
        place.write_text(status, encoding="utf-8")
        for _ in range(MOST_ROUNDS):
            news = packages.broken_in(apt.said(self._config, "apt-get", "check")[1]) - theirs
            if not news:
                break
            theirs |= news
            place.write_text(packages.relieved(status, theirs), encoding="utf-8")

    def update(self, seen: BoardPackages) -> list[str]:
        """Fetch the package lists, whose signatures apt checks; return a sentence on each source that was left out.

        BundleError if none gives its lists, or if they have no end.
        """
        left_out = self._fetch(seen)
        self._open()
        return left_out

    def _fetch(self, seen: BoardPackages) -> list[str]:
        """Fetch them; where a source fails, all anew without it, so that nothing is left of what it gave before."""
        ended_well, output = self._try_to_fetch()
        failed = plugin("module_utils", "apt_words").troubles_in(output)
        if not ended_well:
            rest = without(usable(seen), failed)
            if not failed or not rest:
                raise BundleError(apt.complaint(output))
            shutil.rmtree(self._folder / "lists")
            (self._folder / "lists").mkdir()
            self._write(sources_for(rest, seen.architecture, self._folder))
            ended_well, output = self._try_to_fetch()
            if not ended_well:
                raise BundleError(apt.complaint(output))
        return notes_on(failed, seen)

    def _try_to_fetch(self) -> tuple[bool, str]:
        return apt.said(self._config, "apt-get", "update", *self._as_published, limit_s=self._timeouts.update_s)

    def _open(self) -> None:
        for old in (self._folder / "open").glob("*_*"):
            old.unlink()
        left_bytes, lists = MOST_LISTS_BYTES, list((self._folder / "lists").glob("*_*"))
        for path in lists[: MOST_LISTS + 1]:
            opened = self._folder / "open" / (path.stem if path.suffix in COMPRESSED else path.name)
            with opened.open("wb") as file:
                apt.run_into(self._config, file, "/usr/lib/apt/apt-helper", "cat-file", str(path))
            left_bytes -= opened.stat().st_size
            if left_bytes < 0 or len(lists) > MOST_LISTS:
                raise BundleError(lazy("its package sources have lists without end; see its /etc/apt/sources.list."))

    def lists(self) -> dict[str, Path]:
        """Return the files of the package lists by their addresses; BundleError if one is not there or not signed."""
        form = "--format=$(METAKEY) $(BASE_URI) $(FILENAME)"
        output = apt.run(self._config, "apt-get", "indextargets", form, *self._as_published)
        found = {}
        for key, base, name in (line.split(" ") for line in output.splitlines()):
            beside = name.partition(key.replace("/", "_"))[0]
            signatures = {base + each: Path(beside + each) for each in SIGNATURES if Path(beside + each).exists()}
            path = self._as_signed(Path(name), signatures.values())
            found[base + key + path.suffix * (path.suffix in COMPRESSED)] = path
            found |= signatures
        if not found:
            raise BundleError(lazy("apt on this computer got none of the package lists; is there internet?"))
        return found

    def _as_signed(self, path: Path, signatures: Iterable[Path]) -> Path:
        """Return a list in a form of which the hash is signed.

        What an archive publishes in another compression than the first, apt keeps in the first all the same; that of
        the open form is always signed, or apt would not have taken the list.
        """
        signed = b"".join(each.read_bytes() for each in signatures)
        return path if pack.sha256(path).encode() in signed else self._folder / "open" / path.stem

    def available(self, names: Sequence[str]) -> list[str]:
        """Return those of some packages that the package sources have."""
        output = apt.run(self._config, "apt-cache", "show", "--no-all-versions", *names, may_fail=True)
        return sorted(set(re.findall(r"^Package: (\S+)$", output, re.MULTILINE)) & set(names))

    def needed(self, names: Sequence[str]) -> list[Deb]:
        """Return what would be downloaded to install some packages, if nothing were here; BundleError if it is odd."""
        none = f"--option=Dir::Cache::archives={self._folder}/none"
        output = apt.run(self._config, "apt-get", "install", "--yes", "-qq", "--print-uris", none, *names)
        debs = [_deb(line) for line in output.splitlines() if line]
        if len(debs) > MOST_PACKAGES:
            raise BundleError(
                lazy(
                    "its package sources want {count} packages; at most {most} are carried.",
                    count=len(debs),
                    most=MOST_PACKAGES,
                )
            )
        return debs

    def download(self, names: Sequence[str], tick: Callable[[], None]) -> None:
        """Have apt download what is not here yet; `tick` is called now and then."""
        command = ("apt-get", "install", "--yes", "-qq", "--download-only", *names)
        apt.follow(self._config, self._folder / "download.log", tick, self._timeouts.download_s, *command)


def _deb(line: str) -> Deb:
    """Read a line of `apt-get --print-uris`; BundleError if an archive tells its packages in another way."""
    found = DEB.fullmatch(line)
    if not found or int(found["size"]) > MOST_PACKAGE_BYTES:
        raise BundleError(lazy("a package source offers something that cannot be carried: {line:.200}", line=line))
    return Deb(found["uri"], found["file"], int(found["size"]), found["sha256"])
