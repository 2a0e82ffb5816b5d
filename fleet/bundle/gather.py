"""Gathering the bundle: every board is asked, each kind of board gets an archive, every board its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fleet import files
from fleet.bundle import board as boards_side
from fleet.bundle import pack
from fleet.bundle.root import Root
from fleet.crew import on_all
from fleet.errors import BundleError
from fleet.inventory import ROOT
from fleet.outcome import Outcome, State
from fleet.plugins import package_lists

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fleet.bundle.board import Seen
    from fleet.bundle.root import Deb
    from fleet.inventory import Board

    Say = Callable[[str], None]

FOLDER = ROOT / "bundle"
CONNECTING_S = 15.0
MB = 1e6


@dataclass
class Bundle:
    """What boards of one kind need, as far as it was found out."""

    names: set[str] = field(default_factory=set)
    debs: dict[str, Deb] = field(default_factory=dict)
    lists: dict[str, Path] = field(default_factory=dict)

    @property
    def size_mb(self) -> float:
        """How much there is to download if nothing is here."""
        return sum(deb.size_bytes for deb in self.debs.values()) / MB


def gather(boards: Sequence[Board], say: Say, folder: Path = FOLDER) -> list[Outcome]:
    """Ask all boards, gather a bundle for each kind of them, and give a row for every board."""
    seen: dict[str, Seen] = {}

    def deed(board: Board) -> Outcome:
        seen[board.name] = boards_side.ask(board)
        return Outcome(board.name, State.OK)

    asked = on_all(boards, deed, boards_side.LIMIT_S + CONNECTING_S)
    kinds: dict[str, list[Seen]] = {}
    for each in asked:
        if each.is_ok:
            kinds.setdefault(seen[each.board].kind, []).append(seen[each.board])
    ended = {
        one.board: end
        for kind, alike in kinds.items()
        for end in [_one_kind(kind, alike, folder, say)]
        for one in alike
    }
    return [_row(each.board, *ended[each.board]) if each.is_ok else each for each in asked]


def _row(board: str, state: State, sentence: str) -> Outcome:
    if state is State.OK:
        return Outcome(board, state, said=sentence)
    return Outcome(board, state, f"{board}: {sentence}")


def _one_kind(kind: str, alike: Sequence[Seen], folder: Path, say: Say) -> tuple[State, str]:
    """Return how it ended for the boards of a kind; one kind that fails leaves the others alone."""
    try:
        return State.OK, f"{kind}: {_bundle(kind, alike, folder, say)}"
    except BundleError as error:
        return State.FAILED, str(error)
    except OSError as error:
        return State.FAILED, files.sentence(error)


def _bundle(kind: str, alike: Sequence[Seen], folder: Path, say: Say) -> str:
    root, found = Root(folder / kind), Bundle()
    for seen in {one.likeness: one for one in alike}.values():
        say(f"{kind}: looking up what {seen.board} needs")
        root.imitate(seen)
        root.update()
        found.lists |= root.lists()
        for names in package_lists(seen.release, seen.mode):
            _fetch(root, root.available(names), found, lambda words: say(f"{kind}: {words}"))
    _tidy(root, found)
    archive = folder / f"{kind}.tar"
    pack.pack({**found.lists, **{deb.uri: root.archives / deb.file for deb in found.debs.values()}}, archive)
    pack.index(archive, sorted(found.names), list(found.debs.values()))
    return f"{len(found.debs)} packages, {archive.stat().st_size / MB:.0f} MB in {archive}"


def _fetch(root: Root, names: Sequence[str], found: Bundle, say: Say) -> None:
    """Download what is not here, or not as it was published."""
    needed = {deb.file: deb for deb in root.needed(names)} if names else {}
    found.names.update(names)
    found.debs |= needed
    missing = [deb for deb in needed.values() if not pack.is_whole(root.archives / deb.file, deb)]
    if not missing:
        return
    for deb in missing:
        (root.archives / deb.file).unlink(missing_ok=True)
    total_mb = sum(deb.size_bytes for deb in missing) / MB
    say(f"downloading {len(missing)} of {len(needed)} packages, {total_mb:.0f} MB")
    root.download(names, lambda: say(f"{_here_mb(root, missing):.0f} of {total_mb:.0f} MB"))
    for deb in missing:
        if not pack.is_whole(root.archives / deb.file, deb):
            raise BundleError(f"{deb.file} did not arrive as it was published; run it again.")


def _here_mb(root: Root, missing: Sequence[Deb]) -> float:
    places = [place / deb.file for deb in missing for place in (root.archives, root.archives / "partial")]
    return sum(place.stat().st_size for place in places if place.exists()) / MB


def _tidy(root: Root, found: Bundle) -> None:
    """Remove packages that no board needs any more."""
    for path in root.archives.glob("*.deb"):
        if path.name not in found.debs:
            path.unlink()
