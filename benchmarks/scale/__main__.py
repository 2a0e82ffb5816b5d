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
    put_s: dict[str, float] = field(default_factory=dict)
    again_s: list[float] = field(default_factory=list)


class Timed:
    """A place that notes how long what is put there takes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.names, self.get = store.names, store.get
        self.put_s = 0.0

    def put_new(self, name: str, data: bytes) -> bool:
        """Put an object there."""
        began = time.perf_counter()
        is_new = self._store.put_new(name, data)
        self.put_s += time.perf_counter() - began
        return is_new


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--rooms", type=int, default=40)
    parser.add_argument("--boards", type=int, default=30)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=26)
    parser.add_argument("--units", action="store_true", help="compare units of sharing instead, with these rooms")
    parser.add_argument("--folder", type=Path, default=ROOT / "build", help="where there is room for it")
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
    totals = Totals(put_s=dict.fromkeys(urls, 0.0))
    for number in range(district.rooms):
        _share_room(folder, district, number, template, urls, totals)
        if number % 10 == 9:  # noqa: PLR2004 (a line now and then)
            _say(f"{number + 1} rooms have shared")
    for line in _told(totals, district):
        _say(line)
    _say(f"| question | {' | '.join(f'{name}: s | {name}: MiB' for name in urls)} |\n|---|{'---|' * 2 * len(urls)}")
    first = {name: _asked(folder / f"cache-{name}", url, QUESTIONS_FIRST) for name, url in urls.items()}
    _say(_row("(the first one ever: fetched and judged)", first.values()))
    for question, sql in QUESTIONS.items():
        _say(_row(question, (_asked(folder / f"cache-{name}", url, sql) for name, url in urls.items())))
    for name in urls:
        _say(f"Cache of {name}: {_size(folder / f'cache-{name}') / MIB:.0f} MiB")


QUESTIONS_FIRST = "select count(*) from runs"


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
        for place, url in urls.items():
            store = Timed(open_store(url))
            began = time.perf_counter()
            sent = list(send.send(school / "results", store, words))
            took_s = time.perf_counter() - began
            totals.put_s[place] += store.put_s
            if place == "folder":
                totals.packed_s += took_s - store.put_s
                totals.objects += sum(each.state == send.SHARED for each in sent)
                totals.shared_bytes += sum(each.size_bytes for each in sent)
        began = time.perf_counter()
        list(send.send(school / "results", open_store(urls["S3"]), words))
        totals.again_s.append(time.perf_counter() - began)


def _told(totals: Totals, district: rooms.District) -> Iterator[str]:
    yield "| record files | raw MiB | objects | shared MiB | largest process MiB |\n|---|---|---|---|---|"
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield (
        f"| {totals.files:,} | {totals.raw_bytes / MIB:,.0f} | {totals.objects:,} | {totals.shared_bytes / MIB:,.1f} "
        f"| {peak:.0f} |"
    )
    yield "| a room shares all its runs | s |\n|---|---|"
    yield f"| read, scrub, pack | {totals.packed_s / district.rooms:.1f} |"
    for place, put_s in totals.put_s.items():
        yield f"| put, {place} | {put_s / district.rooms:.2f} |"
    yield f"| again, when all is there | {sum(totals.again_s) / district.rooms:.2f} |"
    yield f"(made in {totals.made_s:.0f} s)"


@dataclass(frozen=True)
class Asked:
    """What a question took, of the computer that it was typed on."""

    seconds: float
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
    return Asked(time.perf_counter() - began, usage.ru_maxrss / 1024)


def _row(question: str, asked: object) -> str:
    return f"| {question} | {' | '.join(f'{each.seconds:.1f} | {each.peak_mib:.0f}' for each in asked)} |"  # type: ignore[attr-defined]


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - a program that prints


if __name__ == "__main__":
    raise SystemExit(main())
