"""Hostile records and manifests, thousands of them: through the gate, and what it lets in through every way out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import random
import re
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rich.console import Console

from fleet import cells, report, results
from fleet.analysis import records
from fleet.bench.progress import LiveTable, PlainLines, Progress, advanced
from fleet.boards.outcome import Outcome, State
from fleet.errors import FleetError
from fleet.i18n import Language
from fleet.report import compare, export, query
from fleet.report import console as table
from fleet.report.view import Page
from fleet.results import manifest
from fleet.results.analysis import analyse
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import PLAN
from tests.unit.mutations import STRANGE, mutated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleet.results import Run

SEED = 19
FILES, MANIFESTS = 400, 80
# One file in five says the same strange thing in all its lines.
EVERY_CONSISTENT = 5
# Of the files that are let in and say something else every so manieth goes out by all ways, of the others every so
# manieth; every second of them by the page too, which takes longer than all others.
EVERY_CHANGED, EVERY_OTHER, EVERY_PAGE = 6, 100, 2
EVERY_MANIFEST = 10
EVIL, HONEST = "pi01", "pi02"
# What is strange and yet may be: of the right type, and within the ranges.
LIKELY: tuple[Any, ...] = (
    "bytes",
    "waiting",
    "L1",
    "unchanged",
    "2026-11-23T08:15:00+00:00",
    10**15,
    10**12,
    64,
    0.5,
    [],
    [None],
    [0, 1],
)
# What acts on a terminal or in a browser must not come out anywhere.
ACTS = ("\x1b]0;", "\x1b[2J", "\u202e", "\0")
NAMES = (
    "[/x]",
    "[red]x",
    "<script>alert(1)</script>",
    "=1+1",
    "@x",
    "a\u202eb",
    "$\\frac{",
    "{0}",
    "%s",
    "';drop table runs;--",
)


@dataclass
class FuzzTally:
    """What became of the inputs."""

    files: int = 0
    let_in: int = 0
    changed: int = 0
    refused: int = 0
    manifests: int = 0
    manifests_let_in: int = 0
    ways_out: int = 0
    pages: int = 0
    slowest_s: float = 0.0
    peak_mb: int = 0
    wrong: list[str] = field(default_factory=list)

    @contextmanager
    def watched(self, what: str) -> Iterator[None]:
        """Time one input, and note any error that is not a sentence for a person."""
        begun_s = time.process_time()
        try:
            yield
        except FleetError as error:
            if len(str(error).splitlines()) != 1:
                self.wrong.append(f"{what}: no single sentence: {error!r}"[:300])
        except Exception as error:  # noqa: BLE001 (that there is none is what is tested)
            self.wrong.append(f"{what}: {error!r}"[:300])
        self.slowest_s = max(self.slowest_s, time.process_time() - begun_s)


def honest() -> bytes:
    """A board with a sample of each kind, three times: small, so that many can be looked at."""
    lines = RECORDED.read_bytes().splitlines(keepends=True)
    wanted = ("busy", "page-touch", "c-threads")
    samples = [json.loads(line) for line in lines if b'"kind":"sample"' in line]
    kept = [each for each in samples if each["experiment"] in wanted and each["workers"] <= 2]
    for each in kept:
        each["output"]["steps" if "steps" in each["output"] else "sum"] = each["output"].get("steps", [0])[:2]
    return b"".join([*lines[:3], *(json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in kept)])


def inputs() -> Iterator[bytes]:
    """Yield what the hostile board records, without its end mark."""
    whole = honest()
    draw = random.Random(SEED)  # noqa: S311 (the same again is wanted)
    for number, body in enumerate(mutated(whole, SEED, FILES)):
        yield consistent(whole, draw) if number % EVERY_CONSISTENT == 0 else body


def consistent(whole: bytes, draw: random.Random) -> bytes:
    """Put a strange value under the same key of all samples of a program, as a board does that was made to lie."""
    lines = [json.loads(line) for line in whole.splitlines()]
    samples = [line for line in lines if line["kind"] == "sample"]
    program = draw.choice([line["experiment"] for line in samples])
    alike = [line for line in samples if line["experiment"] == program]
    strange = _strange(alike[0], draw)
    for line in alike:
        line.update(strange)
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _strange(line: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """Choose a key or two with a strange value each, mostly the name, because every way out shows that."""
    keys = draw.sample([*sorted(line)] + ["experiment"] * len(line), draw.choice((1, 1, 2)))
    return {key: draw.choice(NAMES if key == "experiment" else (*STRANGE, *LIKELY)) for key in keys}


def ended(body: bytes) -> bytes:
    """Put an end mark under it that fits, as a board does that lies."""
    end = {"schema": 1, "kind": "end", "run": "r", "status": "done", "samples": 3}
    return body + json.dumps({**end, "sha256": hashlib.sha256(body).hexdigest()}).encode() + b"\n"


def spoken(found: records.Records) -> object:
    """Return what a board said, whether or not it is whole."""
    return found.board, found.samples, found.events


def gate(tally: FuzzTally, room: Room) -> None:
    """Read every file; those that are let in go out by some ways, now and then by all."""
    said = spoken(records.parse(ended(honest()), EVIL, "honest"))
    for number, body in enumerate(inputs()):
        is_out = number % EVERY_OTHER == 0
        data = body if number % 8 == 0 else ended(body)
        tally.files += 1
        with tally.watched(f"file {number}"):
            for line in body.splitlines(keepends=True)[:2]:
                advanced(Progress(EVIL), records.one(line))
            try:
                found = records.parse(data, EVIL, f"{EVIL}.jsonl")
            except FleetError:
                tally.refused += 1
                raise
            tally.let_in += 1
            is_changed = spoken(found) != said
            tally.changed += is_changed
            is_out |= is_changed and tally.changed % EVERY_CHANGED == 0
        if is_out:
            with tally.watched(f"ways out of file {number}"):
                is_page = tally.ways_out % EVERY_PAGE == 0
                tally.ways_out += 1
                tally.pages += is_page
                room.check(data, page=is_page)


def manifests(tally: FuzzTally, folder: Path) -> None:
    """Read every manifest."""
    run = results.create(folder, PLAN, "invoke bench --hosts lab", [EVIL, HONEST])
    path = run.path / manifest.MANIFEST
    content = json.dumps(json.loads(path.read_bytes())).encode()
    for number, data in enumerate(mutated(content, SEED, MANIFESTS)):
        tally.manifests += 1
        with tally.watched(f"manifest {number}"):
            path.write_bytes(data)
            found = results.find(folder)
            tally.manifests_let_in += 1
            assert len(found.outcomes) <= 1000
            if tally.manifests_let_in % EVERY_MANIFEST == 1:
                report.write(Page(analyse(found), Language()))
                query.ask(folder, "select * from runs")


class Room:
    """A run of a hostile board and an honest one, whose numbers must come out as if it were alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.run: Run = results.create(folder, PLAN, "invoke bench --hosts lab", [EVIL, HONEST])
        (self.run.path / f"{HONEST}.jsonl").write_bytes(ended(honest()))
        self.run.finish([Outcome(EVIL, State.OK), Outcome(HONEST, State.OK)])
        (self.run.path / f"{EVIL}.jsonl").write_bytes(ended(honest()))
        self._wanted = self._honest(page=True)

    def check(self, data: bytes, *, page: bool) -> None:
        """Send what the hostile board recorded out by every way."""
        (self.run.path / f"{EVIL}.jsonl").write_bytes(data)
        found = self._honest(page=page)
        for way, words in found.items():
            assert words == self._wanted[way], f"{way}: the honest board's results changed"
        self._live(data)

    def _honest(self, *, page: bool) -> dict[str, object]:
        """Return what is said about the honest board, by each way out."""
        analysis = analyse(self.run)
        found, outcomes = analysis.boards, analysis.outcomes
        out, shown = io.StringIO(), Page(analysis, Language())
        Console(file=out, force_terminal=True, width=160).print(table.table(shown))
        answer = query.ask(self._folder, "select * from samples where board = 'pi02'")
        written = export.export(analysis)
        lines = [line for line in written[0].read_text(encoding="utf-8").splitlines() if f",{HONEST}," in line]
        pyperf = [path.read_text(encoding="utf-8") for path in written if path.name.startswith(HONEST)]
        compared = [each for each in compare.compare(found, found).differences if each.before.host == HONEST]
        rows = table.rows(outcomes[1], found[HONEST], PLAN.governors)
        said: dict[str, object] = {
            "table": rows,
            "sql": answer.rows,
            "csv": lines,
            "pyperf": pyperf,
            "compare": compared,
        }
        if page:
            html = report.write(shown).read_text(encoding="utf-8")
            # Its number among the boards is not its own: the hostile one may have no numbers.
            said["page"] = re.split(rf'<h3 id="n[0-9]+">{HONEST}', html)[1].split("</table>")[0]
            _harmless(html, "<script>")
        _harmless(out.getvalue())
        _no_formula(written[0])
        return said

    def _live(self, data: bytes) -> None:
        out = io.StringIO()
        console = Console(file=out, force_terminal=True, width=160)
        live, plain, progress = (
            LiveTable(console, [EVIL, HONEST], Language()),
            PlainLines(console, Language()),
            Progress(EVIL),
        )
        for line in data.splitlines(keepends=True):
            progress = advanced(progress, records.one(line))
            live.show(progress)
            plain.show(progress)
        console.print(live.draw())
        _harmless(out.getvalue())
        assert len(out.getvalue()) < 20_000


def _no_formula(table: Path) -> None:
    _harmless(table.read_text(encoding="utf-8"))
    with table.open(encoding="utf-8", newline="") as file:
        names = {row["program"] for row in csv.DictReader(file)}
    assert not [name for name in names if name.startswith(cells.FORMULA_BEGINS)], "a formula in the CSV"


def _harmless(words: str, *more: str) -> None:
    acting = [each for each in (*ACTS, *more) if each in words]
    assert not acting, f"{acting} came out"


def peak_mb() -> int:
    """Return the most memory that this program had; getrusage(2) counts whoever started it, until its exec."""
    (line,) = (each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def main() -> None:
    """Print what became of everything, as JSON."""
    tally = FuzzTally()
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        gate(tally, Room(Path(first)))
        manifests(tally, Path(second))
    tally.peak_mb = peak_mb()
    json.dump(asdict(tally), sys.stdout)


if __name__ == "__main__":
    main()
