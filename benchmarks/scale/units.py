"""What is one object: a file of records, or a whole run, as JSON lines in gzip or xz, or as Parquet."""

from __future__ import annotations

import gzip
import lzma
import tempfile
import time
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
    from collections.abc import Callable, Iterable, Iterator

MIB = 2**20
BUCKET = "units"


def compare(folder: Path, district: rooms.District, template: rooms.Template) -> Iterator[str]:
    """Make, put and get the records of a district in each unit; a line of a table for each."""
    import os  # noqa: PLC0415

    objects: dict[str, dict[str, list[bytes]]] = {}
    packing: dict[str, float] = {}
    for number in range(district.rooms):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            school = Path(name)
            rooms.make(school / "results", district, number, template)
            scrubber = parcel.scrub(key.tokens(school))
            for each in results.names(school / "results"):
                _pack(results.find(school / "results", each), scrubber, objects, packing)
    yield "| unit | objects | MiB | pack s | put S3 s | list and get S3 s |\n|---|---|---|---|---|---|"
    with s3_server.serving(folder / "server") as server:
        os.environ |= server.environment()
        s3_server.make_bucket(server, BUCKET)
        for unit, made in objects.items():
            flat = [data for its in made.values() for data in its]
            put_s, get_s = _carried(unit.replace(" ", "-").replace(",", ""), flat)
            size = sum(map(len, flat)) / MIB
            yield f"| {unit} | {len(flat):,} | {size:,.1f} | {packing[unit]:.1f} | {put_s:.1f} | {get_s:.1f} |"
