"""Boards that take packages from the same places by the same keys: they share a private root of apt, and only they."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

from fleet.bundle import pack
from fleet.bundle.carried import Bundle
from fleet.bundle.root import AptTimeouts, Root
from fleet.bundle.table import package_lists
from fleet.errors import BundleError
from fleet.i18n import lazy
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fleet.bundle.board import BoardPackages
    from fleet.bundle.root import Deb

    Say = Callable[[str], None]

MB = 1e6
APART = "apart"
USUAL = AptTimeouts(update_s=900.0, download_s=4 * 3600.0)
# Package sources that only a few boards have must not keep the others waiting for their rows, nor grow the archive that
# is carried to all of them without end.
BRIEF = AptTimeouts(update_s=180.0, download_s=1800.0)
MOST_BYTES, MOST_APART_BYTES = 8 * 10**9, 5 * 10**8


class Group:
    """Some boards of one kind, with one trust."""

    def __init__(self, alike: Sequence[BoardPackages], folder: Path, *, is_usual: bool) -> None:
        self._alike = alike
        self._most_bytes = MOST_BYTES if is_usual else MOST_APART_BYTES
        self._root = Root(folder, USUAL if is_usual else BRIEF)
        self.boards = [each.board for each in alike]

    def gather(self, bundle: Bundle, say: Say) -> dict[str, str]:
        """Find out and download what these boards need, into the bundle; return what went wrong, by board.

        BundleError if it went wrong for all of them.
        """
        faults: dict[str, str] = {}
        found = Bundle(
            archives={plugin("module_utils", "apt_sources").below(each.uri) for each in self._alike[0].sources()}
        )
        self._root.configure(self._alike[0])
        for note in self._root.update(self._alike[0]):
            say(lazy("left out: {what}", what=note))
        found.files |= self._root.lists()
        for seen in {one.likeness: one for one in self._alike}.values():
            try:
                self._look_up(seen, found, bundle, say)
            except BundleError as error:
                faults |= {one.board: str(error) for one in self._alike if one.likeness == seen.likeness}
        if len(faults) < len(self._alike):
            self._tidy(found)
            bundle.take(found)
        return faults

    def _look_up(self, seen: BoardPackages, found: Bundle, bundle: Bundle, say: Say) -> None:
        say(lazy("looking up what {board} needs", board=seen.board))
        self._root.set_installed(seen)
        lists = package_lists(seen.release, seen.mode, seen.more)
        if not lists:
            raise BundleError(
                lazy("its release '{release}' is none that Pilab knows; see docs/boards.md.", release=seen.release)
            )
        for names in lists:
            self._fetch(self._root.available(names), found, bundle, say)

    def _fetch(self, names: Sequence[str], found: Bundle, bundle: Bundle, say: Say) -> None:
        """Download what is not here, or not as it was published."""
        needed = {deb.file: deb for deb in self._root.needed(names)} if names else {}
        self._check(needed, found, bundle)
        missing = [deb for deb in needed.values() if not self._is_here(deb, bundle)]
        if missing:
            self._download(names, missing, len(needed), say)
        found.names.update(names)
        found.debs |= {deb.uri: deb for deb in needed.values()}
        found.files |= {deb.uri: self._root.archives / deb.file for deb in needed.values()}

    def _is_here(self, deb: Deb, bundle: Bundle) -> bool:
        """Tell whether a package is here as it was published, or another group has it; else nothing of it is."""
        place = self._root.archives / deb.file
        if not pack.is_whole(place, deb):
            place.unlink(missing_ok=True)
            _borrow(deb, bundle, place)
        return place.exists()

    def _check(self, needed: dict[str, Deb], found: Bundle, bundle: Bundle) -> None:
        known = {deb.file: deb for deb in found.debs.values()}
        for file, deb in needed.items():
            pack.place_of(deb.uri)
            if file in known and known[file].sha256 != deb.sha256:
                raise BundleError(
                    lazy("its package sources have two packages that are called {file}; leave one out.", file=file)
                )
        news = {deb.uri: deb.size_bytes for deb in (*needed.values(), *known.values()) if deb.uri not in bundle.debs}
        if sum(news.values()) > self._most_bytes:
            raise BundleError(
                lazy(
                    "its package sources want {size_mb:.0f} MB that other boards do not need; at most {most_mb:.0f} "
                    "MB are carried.",
                    size_mb=sum(news.values()) / MB,
                    most_mb=self._most_bytes / MB,
                )
            )

    def _download(self, names: Sequence[str], missing: Sequence[Deb], needed: int, say: Say) -> None:
        total_mb = sum(deb.size_bytes for deb in missing) / MB
        say(
            lazy(
                "downloading {count} of {needed} packages, {total_mb:.0f} MB",
                count=len(missing),
                needed=needed,
                total_mb=total_mb,
            )
        )

        def tick() -> None:
            here_mb = pack.here_bytes(self._root.archives, missing) / MB
            say(lazy("{here_mb:.0f} of {total_mb:.0f} MB", here_mb=here_mb, total_mb=total_mb))

        self._root.download(names, tick)
        for deb in missing:
            if not pack.is_whole(self._root.archives / deb.file, deb):
                raise BundleError(lazy("{file} did not arrive as it was published; run it again.", file=deb.file))

    def _tidy(self, found: Bundle) -> None:
        """Remove packages that no board needs any more."""
        kept = {deb.file for deb in found.debs.values()}
        for path in self._root.archives.glob("*.deb"):
            if path.name not in kept:
                path.unlink()


def _borrow(deb: Deb, bundle: Bundle, place: Path) -> None:
    """Take over what another group has downloaded already, if it is just what the lists of this one publish."""
    there = bundle.files.get(deb.uri)
    if there and pack.is_whole(there, deb):
        shutil.copyfile(there, place)


def groups_of(alike: Sequence[BoardPackages], folder: Path) -> list[Group]:
    """Put boards of one kind into groups, the largest first; folders of groups that are no more are removed."""
    sizes = Counter(each.trust for each in alike)
    trusts = [trust for trust, _ in sizes.most_common()]
    places = {trust: folder / APART / trust[:16] if number else folder for number, trust in enumerate(trusts)}
    for old in (folder / APART).glob("*"):
        if old not in places.values():
            shutil.rmtree(old)
    return [
        Group(
            [each for each in alike if each.trust == trust],
            places[trust],
            is_usual=2 * sizes[trust] > len(alike),
        )
        for trust in trusts
    ]
