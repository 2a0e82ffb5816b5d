"""Simulated rooms: runs as `invoke bench` keeps them, drawn with a seed around the records that a board really made."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from fleet import suites
from fleet.boards.outcome import State
from fleet.results import Run
from fleet.results.manifest import BoardEntry, Manifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
# How long the work takes beside the board that was recorded, how warm a board gets, and how many rooms have them.
MODELS = (
    ("Raspberry Pi 5 Model B Rev 1.0", "bookworm", 0.45, 55, 3),
    ("Raspberry Pi 4 Model B Rev 1.4", "bookworm", 1.0, 60, 4),
    ("Raspberry Pi 3 Model B Plus Rev 1.3", "bullseye", 2.1, 65, 2),
    ("Raspberry Pi Zero 2 W Rev 1.0", "trixie", 2.6, 68, 1),
)
KERNELS = ("6.6.51+rpt-rpi-v8", "6.12.47+rpt-rpi-v8")
# In a hundred: boards that are off in a run, boards with a weak supply, boards that are slower than they should be.
OFF, WEAK, SLOW = 2, 4, 3
UNDER_VOLTAGE = 0x10001


@dataclass(frozen=True)
class District:
    """How much is made."""

    rooms: int
    boards: int
    runs: int
    seed: int


@dataclass(frozen=True)
class Board:
    """One simulated board."""

    name: str
    model: str
    release: str
    factor: float
    warm_c: int
    is_weak: bool
    serial: str


class Template:
    """The records of one board, from which the others are drawn."""

    def __init__(self, path: Path) -> None:
        lines = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
        self.board: dict[str, Any] = next(each for each in lines if each["kind"] == "board")
        self.others: list[dict[str, Any]] = [each for each in lines if each["kind"] in ("event", "sample")]


def make(folder: Path, district: District, number: int, template: Template) -> int:
    """Write the results of one room; return how many files of records there are."""
    draw = random.Random(district.seed * 1000 + number)  # noqa: S311 (drawn, not secret)
    boards = _boards(district, draw)
    starts = (
        BEGAN + timedelta(days=3 * each + number % 3, minutes=draw.randrange(300)) for each in range(district.runs)
    )
    return sum(_run(folder, start, boards, draw, template, index) for index, start in enumerate(starts))


def _boards(district: District, draw: random.Random) -> list[Board]:
    model, release, factor, warm_c, _ = draw.choices(MODELS, [each[-1] for each in MODELS])[0]
    return [
        Board(
            f"pi{each:02}",
            model,
            release,
            factor * draw.gauss(1, 0.01) * (1.3 if draw.randrange(100) < SLOW else 1),
            warm_c + draw.randrange(8),
            draw.randrange(100) < WEAK,
            f"{draw.getrandbits(64):016x}",
        )
        for each in range(1, district.boards + 1)
    ]


def _run(
    folder: Path, start: datetime, boards: list[Board], draw: random.Random, template: Template, index: int
) -> int:
    name = f"{start:%Y%m%dT%H%M%SZ}-{draw.getrandbits(16):04x}"
    path = folder / name
    path.mkdir(parents=True)
    entries: dict[str, BoardEntry] = {}
    for board in boards:
        if draw.randrange(100) < OFF:
            sentence = f"{board.name} does not answer at 192.168.1.{board.name[2:]} within 15 s."
            entries[board.name] = BoardEntry(state=State.UNREACHABLE, sentence=sentence, records="")
            continue
        (path / f"{board.name}.jsonl").write_bytes(
            b"".join(_ended(list(_records(name, start, board, draw, template, index))))
        )
        entries[board.name] = BoardEntry(state=State.OK, sentence="", records=f"{board.name}.jsonl")
    plan = suites.plan(name, suites.load("short")).as_json()
    finished = start + timedelta(minutes=2)
    manifest = Manifest(name, "invoke bench --hosts lab", plan, entries, _utc(start), _utc(finished))
    Run(path, manifest).save()
    return len(list(path.glob("*.jsonl")))


def _utc(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def _records(
    name: str, start: datetime, board: Board, draw: random.Random, template: Template, index: int
) -> Iterator[bytes]:
    kernel = KERNELS[index > draw.randrange(20, 30)]
    about = {"hostname": board.name, "serial": board.serial, "model": board.model, "release": board.release}
    yield _line({**template.board, **about, "run": name, "kernel": kernel, "simulated": True})
    for number, each in enumerate(template.others):
        record = {**each, "run": name}
        if each["kind"] == "sample":
            factor = board.factor * draw.gauss(1, 0.004)
            record |= {key: max(1, int(each[key] * factor)) for key in ("wall_ns", "user_ns", "sys_ns")}
            record["utc"] = (start + timedelta(seconds=number)).isoformat(timespec="milliseconds")
            record["temperature_after_mc"] = 1000 * board.warm_c + draw.randrange(3000)
            record["throttled_after"] = UNDER_VOLTAGE if board.is_weak and draw.randrange(10) == 0 else 0
            if loop_ns := (each["output"] or {}).get("loop_ns"):
                record["output"] = {**each["output"], "loop_ns": max(1, int(loop_ns * factor))}
        yield _line(record)


def _line(record: dict[str, Any]) -> bytes:
    return msgspec.json.encode(record) + b"\n"


def _ended(lines: list[bytes]) -> list[bytes]:
    samples = sum(b'"kind":"sample"' in line for line in lines)
    digest = hashlib.sha256(b"".join(lines)).hexdigest()
    return [
        *lines,
        _line({"schema": 1, "kind": "end", "run": "", "status": "done", "samples": samples, "sha256": digest}),
    ]
