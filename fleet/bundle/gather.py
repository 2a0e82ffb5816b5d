"""Gathering the bundle: every board is asked, each kind of board gets an archive, every board its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet import files
from fleet.boards.outcome import Outcome, State
from fleet.boards.pool import on_all
from fleet.boards.ssh import OPEN_LIMIT_S
from fleet.bundle import board as boards_side
from fleet.bundle import pack
from fleet.bundle.carried import Bundle
from fleet.bundle.group import Group, groups_of
from fleet.errors import BundleError
from fleet.i18n import lazy
from fleet.places import ROOM

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fleet.boards.inventory import Board
    from fleet.bundle.board import BoardPackages

    Say = Callable[[str], None]

FOLDER = ROOM / "bundle"
MB = 1e6


def gather(boards: Sequence[Board], say: Say, folder: Path = FOLDER) -> list[Outcome]:
    """Ask all boards, gather a bundle for each kind of them, and give a row for every board."""
    seen: dict[str, BoardPackages] = {}

    def task(board: Board) -> Outcome:
        seen[board.name] = boards_side.ask(board)
        return Outcome(board.name, State.OK)

    asked = on_all(boards, task, boards_side.LIMIT_S + OPEN_LIMIT_S)
    kinds: dict[str, list[BoardPackages]] = {}
    for each in asked:
        if each.is_ok:
            kinds.setdefault(seen[each.board].kind, []).append(seen[each.board])
    ended: dict[str, Outcome] = {}
    for kind, alike in kinds.items():
        ended |= _one_kind(kind, alike, folder, say)
    return [ended[each.board] if each.is_ok else each for each in asked]


def _one_kind(kind: str, alike: Sequence[BoardPackages], folder: Path, say: Say) -> dict[str, Outcome]:
    """Return how it ended for the boards of a kind; what goes wrong for some of them leaves the others alone."""
    bundle, told = Bundle(), ""
    faults: dict[str, str] = {}
    # The boards of the largest group first: whatever the sources of others do, theirs are in the bundle already.
    for group in groups_of(alike, folder / kind):
        faults |= _group(group, bundle, folder, lambda words: say(lazy("{kind}: {words}", kind=kind, words=words)))
        if bundle.has_news:
            try:
                told = _packed(kind, bundle, folder)
            except OSError as error:
                faults |= dict.fromkeys(group.boards, files.sentence(error, folder))
    return {one.board: _row(one.board, faults.get(one.board, ""), told) for one in alike}


def _group(group: Group, bundle: Bundle, folder: Path, say: Say) -> dict[str, str]:
    """Gather for the boards of a group; return what went wrong, by board."""
    try:
        return group.gather(bundle, say)
    except BundleError as error:
        return dict.fromkeys(group.boards, str(error))
    except OSError as error:
        return dict.fromkeys(group.boards, files.sentence(error, folder))


def _packed(kind: str, bundle: Bundle, folder: Path) -> str:
    archive = folder / f"{kind}.tar"
    pack.pack(bundle.files, archive)
    pack.index(archive, sorted(bundle.names), list(bundle.debs.values()))
    bundle.has_news = False
    return lazy(
        "{kind}: {count} packages, {size_mb:.0f} MB in {path}",
        kind=kind,
        count=len(bundle.debs),
        size_mb=archive.stat().st_size / MB,
        path=archive,
    )


def _row(board: str, fault: str, told: str) -> Outcome:
    if fault:
        return Outcome(board, State.FAILED, lazy("{board}: {fault}", board=board, fault=fault))
    return Outcome(board, State.OK, detail=told)
