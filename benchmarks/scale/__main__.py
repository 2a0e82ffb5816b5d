"""`make bench-scale`: a district of simulated rooms shares its records and is asked ten questions."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.scale import rooms, units
from benchmarks.scale.questions import QUESTIONS
from fleet.boards.inventory import ROOT
from fleet.share import key, send
from fleet.share.store import open_store
from tests.share import s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet.share.store import Store

TEMPLATE = Path(__file__).parent / "board.jsonl"
BUCKET = "district"
FIRST = "select count(*) from runs"
MIB = 2**20


@dataclass
class Totals:
    """What was measured while the rooms shared, one after the other."""

    files: int = 0
    raw_bytes: int = 0
    objects: int = 0
    shared_bytes: int = 0
    made_s: float = 0.0
    packed_s: float = 0.0
    used_s: float = 0.0
    put_s: dict[str, float] = field(default_factory=dict)
    again_s: dict[str, float] = field(default_factory=dict)


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
        self._put_s[place] += time.perf_counter() - began
        return is_new

    def get(self, name: str, most_bytes: int) -> bytes:
        """Fetch an object from the first place."""
        return next(iter(self._stores.values())).get(name, most_bytes)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--rooms", type=int, default=40)
    parser.add_argument("--boards", type=int, default=30)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=26)
    parser.add_argument("--units", action="store_true", help="compare units of sharing instead, with these rooms")
    parser.add_argument("--folder", type=Path, default=ROOT / "build", help="where there are some gigabytes free")
    arguments = parser.parse_args()
    district = rooms.District(arguments.rooms, arguments.boards, arguments.runs, arguments.seed)
    template = rooms.Template(TEMPLATE)
    _say(f"Simulated: {district}")
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="scale-") as name:
        folder = Path(name)
        if arguments.units:
            for line in units.compare(folder, district, template):
                _say(line)
            return 0
        with s3_server.serving(folder / "server") as server:
            os.environ |= server.environment()
            s3_server.make_bucket(server, BUCKET)
            _district(folder, district, template)
    return 0


def _district(folder: Path, district: rooms.District, template: rooms.Template) -> None:
    (folder / "place").mkdir()
    urls = {"folder": str(folder / "place"), "S3": f"s3://{BUCKET}/pilab"}
    totals = Totals(put_s=dict.fromkeys(urls, 0.0), again_s=dict.fromkeys(urls, 0.0))
    for number in range(district.rooms):
        _share_room(folder, district, number, template, urls, totals)
        if number % 10 == 9:  # noqa: PLR2004 (a line now and then)
            _say(f"{number + 1} rooms have shared")
    for line in _told(totals, district):
        _say(line)
    _say(
        f"| question | {' | '.join(f'{name}: s | processor s | MiB' for name in urls)} |\n|---|{'---|' * 3 * len(urls)}"
    )
    first = {name: _asked(folder / f"cache-{name}", url, FIRST) for name, url in urls.items()}
    _say(_row("(the first one ever: fetched and judged)", first.values()))
    for question, sql in QUESTIONS.items():
        _say(_row(question, (_asked(folder / f"cache-{name}", url, sql) for name, url in urls.items())))
    for name in urls:
        _say(f"Cache of {name}: {_size(folder / f'cache-{name}') / MIB:.0f} MiB")


def _share_room(
    folder: Path, district: rooms.District, number: int, template: rooms.Template, urls: dict[str, str], totals: Totals
) -> None:
    """Make the results of a room, share them, and take them away."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        school = Path(name)
        began = time.perf_counter()
        totals.files += rooms.make(school / "results", district, number, template)
        totals.made_s += time.perf_counter() - began
        totals.raw_bytes += _size(school / "results")
        words = key.tokens(school)
        put_before_s, began, used = sum(totals.put_s.values()), time.perf_counter(), time.process_time()
        sent = list(send.send(school / "results", Everywhere(urls, totals.put_s), words))
        totals.packed_s += time.perf_counter() - began - (sum(totals.put_s.values()) - put_before_s)
        totals.used_s += time.process_time() - used
        totals.objects += sum(each.state == send.SHARED for each in sent)
        totals.shared_bytes += sum(each.size_bytes for each in sent)
        for place, url in urls.items():
            began = time.perf_counter()
            if any(each.state != send.THERE for each in send.send(school / "results", open_store(url), words)):
                raise SystemExit(f"Not all of a room was there at {place}.")
            totals.again_s[place] += time.perf_counter() - began


def _told(totals: Totals, district: rooms.District) -> Iterator[str]:
    yield "| record files | raw MiB | objects | shared MiB | largest process MiB |\n|---|---|---|---|---|"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield (
        f"| {totals.files:,} | {totals.raw_bytes / MIB:,.0f} | {totals.objects:,} | {totals.shared_bytes / MIB:,.1f} "
        f"| {peak:.0f} |"
    )
    yield "| a room shares all its runs | s |\n|---|---|"
    yield f"| read, scrub, pack | {totals.packed_s / district.rooms:.1f} |"
    yield f"| of it and of what follows, processor | {totals.used_s / district.rooms:.1f} |"
    for place in totals.put_s:
        yield f"| put, {place} | {totals.put_s[place] / district.rooms:.2f} |"
        yield f"| again, when all is there, {place} | {totals.again_s[place] / district.rooms:.2f} |"
    yield f"(made in {totals.made_s:.0f} s)"


@dataclass(frozen=True)
class Asked:
    """What a question took, of the computer that it was typed on."""

    seconds: float
    used_s: float
    peak_mib: float


def _asked(cache: Path, url: str, sql: str) -> Asked:
    """Type a question; SystemExit if there is no answer."""
    environment = {**os.environ, "PILAB_SHARED_CACHE": str(cache), "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-m", "invoke", "sql", sql, "--from", url, "--csv"]
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if process.returncode or len(out.read().splitlines()) < 1:
            raise SystemExit(f"There is no answer to: {sql}")
    return Asked(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _row(question: str, asked: Iterable[Asked]) -> str:
    cells = (f"{each.seconds:.1f} | {each.used_s:.1f} | {each.peak_mib:.0f}" for each in asked)
    return f"| {question} | {' | '.join(cells)} |"


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - a program that prints


if __name__ == "__main__":
    raise SystemExit(main())
