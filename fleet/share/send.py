"""Runs of this room go where rooms share, each once: what is there already stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet import results
from fleet.errors import RecordError
from fleet.i18n import lazy
from fleet.share import parcel
from fleet.share.key import room_word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fleet.results import Run
    from fleet.share.parcel import Address
    from fleet.share.scrub import Scrub
    from fleet.share.store import Store
    from fleet.tokens import Tokens

SHARED, THERE, KEPT, WOULD_GO = lazy("shared"), lazy("is there already"), lazy("stays here"), lazy("would go")


@dataclass(frozen=True)
class Sent:
    """What became of a run: one of the words above, what of it did not go and why, and whether that is a fault."""

    run: str
    state: str
    size_bytes: int = 0
    boards: int = 0
    sentences: tuple[str, ...] = ()
    is_wrong: bool = False


def send(folder: Path, store: Store, words: Tokens, name: str = "", *, is_dry: bool = False) -> Iterator[Sent]:
    """Share a run, or all that have ended if none is named, one after the other; when it is cut off, it goes on anew.

    RecordError if there is no such run; ShareError or DiskError if the place cannot be used.
    """
    names = [results.find(folder, name).path.name] if name else results.names(folder)
    scrubber = parcel.scrub(words)
    there = _there(store, room_word(words))
    for each in names:
        yield _sent(folder, each, store, scrubber, there, is_named=bool(name), is_dry=is_dry)


def _there(store: Store, room: str) -> dict[str, Address]:
    """Return what this room has shared, by the name that each object has."""
    addresses = (parcel.address_of(found.name) for found in store.names(f"{parcel.FOLDER}/{room}"))
    return {str(each): each for each in addresses if each}


def _sent(  # noqa: PLR0913 (what is the same for all runs comes with each)
    folder: Path,
    name: str,
    store: Store,
    scrubber: Scrub,
    there: dict[str, Address],
    *,
    is_named: bool,
    is_dry: bool,
) -> Sent:
    try:
        run = results.find(folder, name)
    except RecordError as error:
        return Sent(name, KEPT, sentences=(str(error),), is_wrong=True)
    if _is_shared(run, scrubber, there):
        return Sent(name, THERE)
    if not is_named and (sentence := _unready(run)):
        return Sent(name, KEPT, sentences=(sentence,))
    made = parcel.pack(run, scrubber)
    state: str = THERE
    if str(made.address) not in there:
        state = WOULD_GO if is_dry else SHARED if store.put_new(str(made.address), made.data) else THERE
    return Sent(name, state, len(made.data), made.boards, made.left_out, is_wrong=bool(made.left_out))


def _is_shared(run: Run, scrubber: Scrub, there: dict[str, Address]) -> bool:
    """Tell whether this attempt of a run, which has ended and so changes no more, is there."""
    name, attempt = scrubber.run(run.manifest.run), run.manifest.attempt
    return bool(run.manifest.finished_utc) and any(
        (each.run, each.attempt, each.is_cut) == (name, attempt, False) for each in there.values()
    )


def _unready(run: Run) -> str:
    """Say why a run is not shared unless it is named; nothing if it is."""
    if not run.has_begun:
        return lazy("Run {run} has no records.", run=run.path.name)
    if not run.manifest.finished_utc:
        return lazy(
            "Run {run} has not ended, or was cut off: go on with it with 'invoke bench --again failed --run {run}', or "
            "name it to share it as it is.",
            run=run.path.name,
        )
    return ""


def tokens(folder: Path, words: Tokens) -> list[tuple[str, str]]:
    """List the boards of all runs of this room with the words that stand for them; RecordError if there are no runs."""
    boards: dict[str, None] = {}
    for name in results.names(folder):
        try:
            boards |= dict.fromkeys(results.find(folder, name).manifest.hosts)
        except RecordError:
            continue  # it is told where it is shared
    scrubber = parcel.scrub(words)
    return [(name, scrubber.board(name)) for name in boards]
