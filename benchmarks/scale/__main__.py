"""`make bench-scale`: a district of simulated rooms shares its records and is asked ten questions."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.scale import rooms, units
from benchmarks.scale.questions import QUESTIONS
from benchmarks.scale.sharing import MIB, TEMPLATE, Totals, share_room, size
from fleet.places import CODE
from tests.share import s3_server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BUCKET = "district"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--rooms", type=int, default=40)
    parser.add_argument("--boards", type=int, default=30)
    parser.add_argument("--runs", type=int, default=50)
    parser.add_argument("--seed", type=int, default=26)
    parser.add_argument("--units", action="store_true", help="compare units of sharing instead, with these rooms")
    parser.add_argument("--folder", type=Path, default=CODE / "build", help="where there are some gigabytes free")
    parser.add_argument(
        "--at-once", type=int, default=os.cpu_count() or 1, help="rooms that share at once; all processors"
    )
    arguments = parser.parse_args()
    district = rooms.District(arguments.rooms, arguments.boards, arguments.runs, arguments.seed)
    _say(f"Simulated: {district}")
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="scale-") as name:
        folder = Path(name)
        if arguments.units:
            for line in units.compare(folder, district, rooms.Template(TEMPLATE)):
                _say(line)
            return 0
        with s3_server.serving(folder / "server") as server:
            os.environ |= server.environment()
            s3_server.make_bucket(server, BUCKET)
            _district(folder, district, arguments.at_once)
    return 0


def _district(folder: Path, district: rooms.District, at_once: int) -> None:
    """Share all rooms, some at once, and ask."""
    (folder / "place").mkdir()
    urls = {"S3": f"s3://{BUCKET}/pilab", "folder": str(folder / "place")}
    began = time.perf_counter()
    with ProcessPoolExecutor(at_once, multiprocessing.get_context("spawn")) as pool:
        shared = [pool.submit(share_room, folder, district, number, urls) for number in range(district.rooms)]
        totals = [each.result() for each in shared]
    _say(f"All rooms have shared within {time.perf_counter() - began:.0f} s, {at_once} at once.")
    for line in _told(totals):
        _say(line)
    _say(
        f"| question | {' | '.join(f'{name}: s | processor s | MiB' for name in urls)} |\n|---|{'---|' * 3 * len(urls)}"
    )
    _say(_row("(the first ever: all is fetched and judged)", [_first(folder / "cache", urls["S3"], at_once)]))
    for question, sql in QUESTIONS.items():
        _say(_row(question, (_asked(folder / "cache", url, sql) for url in urls.values())))
    for part in ("objects", "tables"):
        _say(f"Cache, {part}: {size(folder / 'cache' / part) / MIB:,.0f} MiB")


def _told(totals: list[Totals]) -> Iterator[str]:
    yield "| record files | raw MiB | objects | shared MiB | most memory of a room's command, MiB |"
    yield "|---|---|---|---|---|"
    files, raw, objects, shared = (
        sum(getattr(each, name) for each in totals) for name in ("files", "raw_bytes", "objects", "shared_bytes")
    )
    peak = max(each.peak_mib for each in totals)
    yield f"| {files:,} | {raw / MIB:,.0f} | {objects:,} | {shared / MIB:,.1f} | {peak:.0f} |"
    yield "| the middle room shares all its runs | s |\n|---|---|"
    yield f"| read, scrub, pack | {_middle(totals, 'packed_s'):.1f} |"
    yield f"| processor, in all | {_middle(totals, 'used_s'):.1f} |"
    for place in totals[0].put_s:
        yield f"| put, {place} | {median(each.put_s[place] for each in totals):.2f} |"
        yield f"| again, when all is there, {place} | {median(each.again_s[place] for each in totals):.2f} |"


def _middle(totals: list[Totals], name: str) -> float:
    return float(median(getattr(each, name) for each in totals))


@dataclass(frozen=True)
class Asked:
    """What a question took, of the computer that it was typed on."""

    seconds: float
    used_s: float
    peak_mib: float


def _asked(cache: Path, url: str, sql: str) -> Asked:
    """Type a question; SystemExit if there is no answer."""
    return _timed(cache, [sys.executable, "-m", "invoke", "sql", sql, "--from", url, "--csv"])


def _first(cache: Path, url: str, at_once: int) -> Asked:
    """Ask the first question ever, with so many processes that judge."""
    program = (
        "import sys; from pathlib import Path; from fleet.share import tables\n"
        "from fleet.share.shared import SharedRuns\n"
        "if __name__ == '__main__':\n"
        "    tables.AT_ONCE = int(sys.argv[3])\n"
        "    answer = SharedRuns(sys.argv[1], Path(sys.argv[2])).ask('from runs')\n"
        "    print(len(answer.rows), answer.complaints)"
    )
    return _timed(cache, [sys.executable, "-c", program, url, str(cache), str(at_once)])


def _timed(cache: Path, command: list[str]) -> Asked:
    environment = {**os.environ, "PILAB_SHARED_CACHE": str(cache), "LC_ALL": "C.UTF-8"}
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, cwd=CODE, env=environment, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        if process.returncode or len(out.read().splitlines()) < 1:
            raise SystemExit(f"There is no answer to: {command}")
    return Asked(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def _row(question: str, asked: Iterable[Asked]) -> str:
    cells = (f"{each.seconds:.1f} | {each.used_s:.1f} | {each.peak_mib:.0f}" for each in asked)
    return f"| {question} | {' | '.join(cells)} |"


def _say(words: str) -> None:
    print(words, flush=True)  # noqa: T201 - a program that prints


if __name__ == "__main__":
    raise SystemExit(main())
