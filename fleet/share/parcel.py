"""A run as it is shared: one compressed object of JSON lines; a line before the records of each board names its file.

The same run gives the same bytes, so that the hash in its name tells whether it is there, and whether it is whole.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import tempfile
import zlib
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from fleet import suites
from fleet.analysis import records
from fleet.analysis.limits import MOST_LINE_BYTES
from fleet.analysis.record_types import BoardFacts, End, Event, Sample
from fleet.errors import RecordError, ShareError
from fleet.gate import HOST_PATTERN, Gate, Head, MisfitError, shown
from fleet.i18n import lazy
from fleet.plugins import table
from fleet.results import Run, manifest
from fleet.results.manifest import MANIFEST, Manifest
from fleet.share.key import room_word
from fleet.share.scrub import Scrub

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from fleet.analysis.records import Records
    from fleet.tokens import Tokens

SCHEMA = 1
FOLDER = f"pilab-{SCHEMA}"
# Whoever reads it may have another version of zlib: only this level and header have given the same bytes in all.
LEVEL, GZIP = 6, 31
ROOM = r"room-[0-9a-f]{10}"
NAME = re.compile(
    rf"{FOLDER}/(?P<room>{ROOM})/(?P<run>[A-Za-z0-9][A-Za-z0-9._-]{{0,63}})/"
    r"(?P<attempt>[1-9]\d{0,3})(?P<cut>-cut)?-(?P<sha256>[0-9a-f]{64})\.jsonl\.gz"
)
FILE_PATTERN = r"\Aboard-[0-9a-f]{10}(\+[1-9][0-9]{0,3})?(\.partial)?\.jsonl\Z"
# Thirty boards of the longest suite are a tenth of it.
MOST_OBJECT_BYTES = 256 * 2**20
MOST_PLAIN_BYTES = 8 * MOST_OBJECT_BYTES
MOST_LINES = 2_000_000
MOST_FILES = 2 * manifest.MOST_HOSTS
KINDS = {BoardFacts: "board", Sample: "sample", Event: "event", End: "end"}
GARBLED = lazy("it is garbled or cut short")


@dataclass(frozen=True)
class Address:
    """Where a shared run lies, as its name says."""

    room: str
    run: str
    attempt: int
    is_cut: bool
    sha256: str

    def __str__(self) -> str:
        """Write the name of the object."""
        cut = "-cut" if self.is_cut else ""
        return f"{FOLDER}/{self.room}/{self.run}/{self.attempt}{cut}-{self.sha256}.jsonl.gz"

    @property
    def label(self) -> str:
        """Name the run as a person types it."""
        return f"{self.room}/{self.run}"


@dataclass(frozen=True)
class Parcel:
    """A run made ready, and in sentences what of it is not in it."""

    address: Address
    data: bytes
    boards: int
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Top:
    """The first line."""

    room: Annotated[str, Meta(pattern=rf"\A{ROOM}\Z")]
    manifest: Manifest
    schema: Literal[1]
    kind: Literal["shared-run"]


@dataclass(frozen=True)
class _File:
    """The line before the records of a board."""

    name: Annotated[str, Meta(pattern=FILE_PATTERN)]


HEAD, TOP, FILE = Gate(Head), Gate(_Top), Gate(_File)


def address_of(name: str) -> Address | None:
    """Read the name of an object; None if it is not that of a shared run."""
    found = NAME.fullmatch(name)
    if not found:
        return None
    return Address(found["room"], found["run"], int(found["attempt"]), bool(found["cut"]), found["sha256"])


def scrub(words: Tokens) -> Scrub:
    """Return what replaces the names of a room, with the releases, suites and programs that there are."""
    known = suites.available()
    programs = {wish["name"] for name in known for wish in suites.load(name).experiments}
    return Scrub(words, frozenset(table()["releases"]), frozenset(known), frozenset(programs))


def pack(run: Run, scrubber: Scrub) -> Parcel:
    """Make a run ready; what the gate does not let in is left out and told. ShareError if it is too large."""
    files, names, left_out = scrubbed(run, scrubber)
    room = room_word(scrubber.words)
    about = scrubber.manifest(run.manifest, names)
    top = {"schema": SCHEMA, "kind": "shared-run", "room": room, "manifest": asdict(about)}
    data = _compressed(json.dumps(top, separators=(",", ":")).encode() + b"\n", files)
    if len(data) > MOST_OBJECT_BYTES:
        raise ShareError(
            lazy(
                "Run {run} is larger than {most} bytes, compressed; it stays here.",
                run=run.path.name,
                most=MOST_OBJECT_BYTES,
            )
        )
    sha256 = hashlib.sha256(data).hexdigest()
    address = Address(room, about.run, about.attempt, not about.finished_utc, sha256)
    return Parcel(address, data, len({name.partition("+")[0] for name in names.values()}), tuple(left_out))


def scrubbed(run: Run, scrubber: Scrub) -> tuple[list[tuple[str, list[bytes]]], dict[str, str], list[str]]:
    """Read all files of records: by their new names and in that order, with the new name of each, and complaints."""
    made: list[tuple[str, list[bytes]]] = []
    names: dict[str, str] = {}
    left_out: list[str] = []
    for path in sorted(run.path.glob(f"*{records.WHOLE_SUFFIX}")):
        board, attempt = records.place_of(path)
        if not re.match(HOST_PATTERN, board):
            left_out.append(f"{path.parent}/{shown(path.name)} is not named after a board.")
            continue
        try:
            suffix = path.name.removeprefix(records.stem(board, attempt))
            name = f"{records.stem(scrubber.board(board), attempt)}{suffix}"
            made.append((name, _lines(records.load(path), scrubber)))
            names[path.name] = name
        except RecordError as error:
            left_out.append(str(error))
    return sorted(made), names, left_out


def _lines(found: Records, scrubber: Scrub) -> list[bytes]:
    """Write the records of a board anew; what was wrong with them as a whole stays wrong."""
    told: tuple[BoardFacts | Sample | Event, ...] = (
        *([scrubber.facts(found.board)] if found.board else []),
        *(scrubber.event(each) for each in found.events),
        *(scrubber.sample(each) for each in found.samples),
    )
    lines = [_line(each) for each in told]
    if found.end:
        whole = hashlib.sha256(b"".join(lines)).hexdigest()
        lines.append(_line(End(found.end.status, found.end.samples, found.end.sha256 if found.flaw else whole)))
    return lines


def _line(record: BoardFacts | Sample | Event | End) -> bytes:
    head = b'{"schema":%d,"kind":"%s",' % (records.SCHEMA, KINDS[type(record)].encode())
    return head + msgspec.json.encode(record)[1:] + b"\n"


def _compressed(top: bytes, files: Iterable[tuple[str, list[bytes]]]) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    parts = [packer.compress(top)]
    for name, lines in files:
        head = json.dumps({"schema": SCHEMA, "kind": "file", "name": name}, separators=(",", ":"))
        parts.append(packer.compress(head.encode() + b"\n" + b"".join(lines)))
    return b"".join((*parts, packer.flush()))


def unpack(data: Path, address: Address, folder: Path) -> Run:
    """Put a shared run into a folder, as one of this room would lie there; ShareError if it is not what it says.

    Whether its records can be let in is seen by whoever reads them then, as with every run.
    """
    try:
        with gzip.open(data) as file:
            return _unpacked(_bounded(file), address, folder)
    except (EOFError, gzip.BadGzipFile, zlib.error, MisfitError, RecordError) as error:
        reason = error.args[0] if isinstance(error, RecordError) else GARBLED
        raise ShareError(unreadable(address, reason)) from error


def unreadable(address: Address, reason: str) -> str:
    """Say that a shared run is of no use."""
    return lazy(
        "The shared run {label} cannot be read ({reason}); have it taken away there and shared anew.",
        label=address.label,
        reason=reason,
    )


def _bounded(file: gzip.GzipFile) -> Iterator[bytes]:
    """Read line by line, and never more than there may be."""
    total = number = 0
    while line := file.readline(MOST_LINE_BYTES + 1):
        total, number = total + len(line), number + 1
        if len(line) > MOST_LINE_BYTES or total > MOST_PLAIN_BYTES or number > MOST_LINES:
            raise RecordError(lazy("it is longer than any run"))
        yield line


def _unpacked(lines: Iterator[bytes], address: Address, folder: Path) -> Run:
    about = _about(next(lines, b""), address)
    (folder / MANIFEST).write_text(json.dumps(asdict(about)), encoding="utf-8")
    out: IO[bytes] | None = None
    try:
        for line in lines:
            if b'"kind":"file"' in line and (name := _file_name(line)):
                out = _next(out, folder / name)
            elif out is None:
                raise RecordError(lazy("its records are of no board"))
            else:
                out.write(line)
    finally:
        if out:
            out.close()
    # Plan and times of day are looked at there.
    return Run(folder, manifest.read(folder / MANIFEST))


def _about(line: bytes, address: Address) -> Manifest:
    """Read the first line; RecordError if it is of another run than the name of the object says."""
    top = TOP.json(line, "the first line")
    told = (top.room, top.manifest.run, top.manifest.attempt, not top.manifest.finished_utc)
    if told != (address.room, address.run, address.attempt, address.is_cut):
        raise RecordError(lazy("it is another run than its name says"))
    return top.manifest


def _file_name(line: bytes) -> str:
    """Return the name of the file that begins; nothing if it is a record."""
    try:
        if HEAD.json(line, "a line").kind != "file":
            return ""
    except MisfitError:
        return ""
    return FILE.json(line, "a line").name


def _next(before: IO[bytes] | None, path: Path) -> IO[bytes]:
    if before:
        before.close()
    if path.exists() or sum(1 for _ in path.parent.iterdir()) > MOST_FILES:
        raise RecordError(lazy("it has a file twice, or too many"))
    return path.open("xb")


def unpacked_into(data: Path, address: Address, target: Path) -> Run:
    """Put a shared run into a folder of its own, whole or not at all; the one that is there stays. Errors as above."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=".", dir=target.parent))
        try:
            unpack(data, address, fresh)
            with suppress(OSError):  # another command was faster
                fresh.rename(target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return Run(target, manifest.read(target / MANIFEST))
