"""What is one object: a file of records, or a whole run; as JSON lines in gzip or xz, or as Parquet."""

from __future__ import annotations

import gzip
import lzma
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.scale import rooms
from fleet import results
from fleet.report import query
from fleet.results.analysis import analyse
from fleet.share import key, parcel
from fleet.share.store import open_store
from tests.share import s3_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fleet.results import Run

MIB = 2**20
BUCKET = "units"
AT_ONCE = 8
Files = list[tuple[str, list[bytes]]]


@dataclass
class Unit:
    """One way to cut records into objects, and what was made of them in it."""

    name: str
    pack: Callable[[Files, Run], list[bytes]]
    objects: list[bytes] = field(default_factory=list)
    packed_s: float = 0.0

    def add(self, files: Files, run: Run) -> None:
        """Pack one more run."""
        began = time.perf_counter()
        self.objects += self.pack(files, run)
        self.packed_s += time.perf_counter() - began


def _plain(files: Files) -> list[bytes]:
    return [b"".join(lines) for _, lines in files]


def _parquet(_: Files, run: Run) -> list[bytes]:
    with tempfile.TemporaryDirectory() as name:
        query.write_tables(query.rows_of(analyse(run), run.path.name, "room"), Path(name))
        return [path.read_bytes() for path in sorted(Path(name).glob("*.parquet"))]


def _units() -> list[Unit]:
    return [
        Unit("a file, as it is", lambda files, _: _plain(files)),
        Unit("a file, gzip", lambda files, _: [gzip.compress(each, parcel.LEVEL) for each in _plain(files)]),
        Unit("a run, gzip", lambda files, _: [gzip.compress(b"".join(_plain(files)), parcel.LEVEL)]),
        Unit("a run, xz", lambda files, _: [lzma.compress(b"".join(_plain(files)), preset=2)]),
        Unit("a run's tables, Parquet", _parquet),
    ]


def compare(folder: Path, district: rooms.District, template: rooms.Template) -> Iterator[str]:
    """Make, put and get the records of a district in each unit; a line of a table for each."""
    units = _units()
    began = time.perf_counter()
    for number in range(district.rooms):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            school = Path(name)
            rooms.make(school / "results", district, number, template)
            scrubber = parcel.scrub(key.tokens(school))
            for each in results.names(school / "results"):
                run = results.find(school / "results", each)
                files = parcel.scrubbed(run, scrubber)[0]
                for unit in units:
                    unit.add(files, run)
    yield f"(made, read and packed in {time.perf_counter() - began:.0f} s)"
    yield "| unit | objects | MiB | pack s | put on S3 s | list and get s |\n|---|---|---|---|---|---|"
    with s3_server.serving(folder / "server") as server:
        os.environ |= server.environment()
        s3_server.make_bucket(server, BUCKET)
        for number, unit in enumerate(units):
            put_s, get_s = _carried(f"unit-{number}", unit.objects)
            size = sum(map(len, unit.objects)) / MIB
            times = " | ".join(f"{each:.1f}" for each in (unit.packed_s, put_s, get_s))
            yield f"| {unit.name} | {len(unit.objects):,} | {size:,.1f} | {times} |"


def _carried(prefix: str, objects: list[bytes]) -> tuple[float, float]:
    """Put all, and then list and get all, some at once; return how long each took."""
    store = open_store(f"s3://{BUCKET}/{prefix}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        began = time.perf_counter()
        list(pool.map(lambda each: store.put_new(f"{parcel.FOLDER}/{each[0]:06}", each[1]), enumerate(objects)))
        put = time.perf_counter()
        list(pool.map(lambda found: store.get(found.name, found.size_bytes), store.names(parcel.FOLDER)))
        return put - began, time.perf_counter() - put
