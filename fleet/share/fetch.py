"""What rooms have shared comes to this computer: each object once, checked by its hash, and kept in a folder."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate, islice
from typing import TYPE_CHECKING

from fleet import files
from fleet.errors import RecordError, ShareError
from fleet.i18n import lazy
from fleet.results import NEWEST
from fleet.share import parcel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fleet.results import Run
    from fleet.share.parcel import Address
    from fleet.share.store import Found, Store

AT_ONCE = 8
# A district of a hundred rooms in ten years; whoever may write there can put more, and is told.
MOST_OBJECTS = 100_000
MOST_RUNS_OF_A_ROOM = 2_000
MOST_BYTES = 64 * 2**30


@dataclass(frozen=True)
class SharedRun:
    """A run that some room has shared."""

    address: Address
    size_bytes: int

    @property
    def _order(self) -> tuple[int, bool, int, str]:
        """Sort what is there of one run: a later attempt is more, and one that has ended."""
        return self.address.attempt, not self.address.is_cut, self.size_bytes, self.address.sha256

    def is_before(self, other: SharedRun) -> bool:
        """Tell whether another object of the same run counts in its place."""
        return self._order < other._order


@dataclass(frozen=True)
class Listing:
    """What is there, by room and run, and in sentences what is not to be used."""

    runs: dict[tuple[str, str], SharedRun]
    complaints: list[str] = field(default_factory=list)

    def find(self, name: str = "", room: str = "") -> SharedRun:
        """Find a run: "room/run", the name of a run that one room has, or the newest; RecordError if there is none.

        The newest is that with the latest time in its name, which the clock of its room has told.
        """
        among = {key: run for key, run in self.runs.items() if room in ("", key[0])}
        if name in ("", NEWEST):
            return among[max(among, key=lambda key: (key[1], key[0]))]
        found = [run for key, run in among.items() if name in ("/".join(key), key[1])]
        if len(found) == 1:
            return found[0]
        if found:
            labels = ", ".join(each.address.label for each in found)
            raise RecordError(lazy("Several rooms have a run {name}; name one of: {labels}.", name=name, labels=labels))
        newest = self.find(room=room).address.label
        raise RecordError(lazy("There is no shared run '{name}'; the newest is {newest}.", name=name, newest=newest))


def look(store: Store, url: str) -> Listing:
    """List what rooms have shared; RecordError if there is nothing, ShareError if the place cannot be used."""
    found = list(islice(store.names(parcel.FOLDER), MOST_OBJECTS + 1))
    complaints = _too_many(url) if len(found) > MOST_OBJECTS else []
    runs, strange = _sorted(found[:MOST_OBJECTS])
    if strange:
        complaints.append(
            lazy(
                "{count} of the objects at {url} are no shared runs and were left alone, such as {name}.",
                count=len(strange),
                url=url,
                name=strange[0],
            )
        )
    kept, dropped = _bounded(runs)
    if dropped:
        complaints.append(
            lazy(
                "{room} has shared more than {most} runs; only the newest are read.",
                room=dropped[0],
                most=MOST_RUNS_OF_A_ROOM,
            )
        )
    if not kept:
        raise RecordError(
            lazy("Nobody has shared records at {url} yet; share some with: invoke share --to {url}", url=url)
        )
    return Listing(kept, complaints)


def _too_many(url: str) -> list[str]:
    return [lazy("There are more than {most} objects at {url}; the others are not read.", most=MOST_OBJECTS, url=url)]


def _sorted(found: Iterable[Found]) -> tuple[dict[tuple[str, str], SharedRun], list[str]]:
    """Return of each run what counts, and the names of what is no run."""
    runs: dict[tuple[str, str], SharedRun] = {}
    strange: list[str] = []
    for each in found:
        address = parcel.address_of(each.name)
        if address is None:
            strange.append(each.name)
            continue
        run, key = SharedRun(address, each.size_bytes), (address.room, address.run)
        if key not in runs or runs[key].is_before(run):
            runs[key] = run
    return runs, strange


def _bounded(runs: dict[tuple[str, str], SharedRun]) -> tuple[dict[tuple[str, str], SharedRun], list[str]]:
    """Keep the newest runs of each room, and name the rooms that have too many: none can crowd out another."""
    by_room: dict[str, list[str]] = defaultdict(list)
    for room, run in sorted(runs):
        by_room[room].append(run)
    kept = {(room, run): runs[room, run] for room, its in by_room.items() for run in its[-MOST_RUNS_OF_A_ROOM:]}
    return kept, [room for room, its in by_room.items() if len(its) > MOST_RUNS_OF_A_ROOM]


class Cache:
    """A folder for what was fetched; what is in it was whole when it came."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def object_of(self, shared: SharedRun) -> Path:
        """Return where a run lies as it came."""
        sha256 = shared.address.sha256
        return self.folder / "objects" / sha256[:2] / f"{sha256}.jsonl.gz"

    def fetch(self, store: Store, wanted: Iterable[SharedRun]) -> Iterator[tuple[SharedRun, str]]:
        """Fetch what is not here yet; each with a sentence if it could not be had, which costs only itself.

        DiskError if it cannot be kept.
        """
        wanted = list(wanted)
        too_much = self._too_much(wanted)

        def have(shared: SharedRun) -> str:
            return _left(shared) if shared in too_much else self._have(store, shared)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from zip(wanted, pool.map(have, wanted), strict=True)

    def _too_much(self, wanted: Iterable[SharedRun]) -> set[SharedRun]:
        """Return what is more than is fetched at once; the largest are left first, so that none crowds out others."""
        missing = sorted((each for each in wanted if not self.object_of(each).exists()), key=lambda it: it.size_bytes)
        totals = accumulate(each.size_bytes for each in missing)
        return {each for each, total in zip(missing, totals, strict=True) if total > MOST_BYTES}

    def _have(self, store: Store, shared: SharedRun) -> str:
        path = self.object_of(shared)
        if path.exists():
            return ""
        try:
            data = store.get(str(shared.address), parcel.MOST_OBJECT_BYTES)
        except ShareError as error:
            return str(error)
        if hashlib.sha256(data).hexdigest() != shared.address.sha256:
            return parcel.unreadable(shared.address, parcel.GARBLED)
        files.make_folder(path.parent)
        _keep(path, data)
        return ""

    def run(self, store: Store, shared: SharedRun) -> Run:
        """Fetch a run and put it into a folder as a run of this room lies there.

        ShareError if it cannot be had, or is not what it says; DiskError if it cannot be kept.
        """
        for _, sentence in self.fetch(store, [shared]):
            if sentence:
                raise ShareError(sentence)
        target = self.folder / "runs" / shared.address.sha256
        with files.naming(target):
            return parcel.unpacked_into(self.object_of(shared), shared.address, target)


def _left(shared: SharedRun) -> str:
    return lazy(
        "The shared run {label} was not fetched: there is more than {most} bytes.",
        label=shared.address.label,
        most=MOST_BYTES,
    )


def _keep(path: Path, data: bytes) -> None:
    """Write a file whole, while another command may be writing the same."""
    fresh = path.with_name(f".{secrets.token_hex(8)}")
    with files.naming(path):
        try:
            with fresh.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        finally:
            fresh.unlink(missing_ok=True)
