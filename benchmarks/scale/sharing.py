"""A room shares all its runs at several places, and what that takes."""

from __future__ import annotations

import resource
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.scale import rooms
from fleet.share import key, send
from fleet.share.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fleet.share.store import Found

TEMPLATE = Path(__file__).parent / "board.jsonl"
MIB = 2**20


@dataclass
class Totals:
    """What was measured while a room shared."""

    files: int = 0
    raw_bytes: int = 0
    objects: int = 0
    shared_bytes: int = 0
    packed_s: float = 0.0
    used_s: float = 0.0
    put_s: dict[str, float] = field(default_factory=dict)
    again_s: dict[str, float] = field(default_factory=dict)
    peak_mib: float = 0.0


class Everywhere:
    """Puts an object at every place, and notes how long each takes; what is there already, the first one knows."""

    def __init__(self, urls: Mapping[str, str], put_s: dict[str, float]) -> None:
        self._stores = {name: open_store(url) for name, url in urls.items()}
        self._put_s = put_s

    def names(self, under: str) -> Iterator[Found]:
        """List what is at the first place."""
        yield from next(iter(self._stores.values())).names(under)

    def put_new(self, name: str, data: bytes) -> bool:
        """Put an object everywhere."""
        put = [self._put(place, name, data) for place in self._stores]
        return all(put)

    def _put(self, place: str, name: str, data: bytes) -> bool:
        began = time.perf_counter()
        is_new = self._stores[place].put_new(name, data)
        self._put_s[place] = self._put_s.get(place, 0.0) + time.perf_counter() - began
        return is_new

    def get(self, name: str, most_bytes: int) -> bytes:
        """Fetch an object from the first place."""
        return next(iter(self._stores.values())).get(name, most_bytes)


def share_room(folder: Path, district: rooms.District, number: int, urls: dict[str, str]) -> Totals:
    """Make the results of a room, share them, and take them away; SystemExit if something did not get there."""
    totals = Totals()
    with tempfile.TemporaryDirectory(dir=folder) as name:
        school = Path(name)
        totals.files = rooms.make(school / "results", district, number, rooms.Template(TEMPLATE))
        totals.raw_bytes = size(school / "results")
        words, everywhere = key.tokens(school), Everywhere(urls, totals.put_s)
        began, used = time.perf_counter(), time.process_time()
        sent = list(send.send(school / "results", everywhere, words))
        totals.packed_s = time.perf_counter() - began - sum(totals.put_s.values())
        totals.used_s = time.process_time() - used
        totals.objects = sum(each.state == send.SHARED for each in sent)
        totals.shared_bytes = sum(each.size_bytes for each in sent)
        for place, url in urls.items():
            began = time.perf_counter()
            if any(each.state != send.THERE for each in send.send(school / "results", open_store(url), words)):
                raise SystemExit(f"Not all of a room was there at {place}.")
            totals.again_s[place] = time.perf_counter() - began
    totals.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return totals


def size(folder: Path) -> int:
    """Return how many bytes lie in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
