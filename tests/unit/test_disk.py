"""Every command that writes, on a disk that refuses: one sentence, status 1, and what was there stays."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from invoke.exceptions import Exit

from commands import options, output
from fleet import results, suites
from fleet.bench import here, room
from fleet.boards.inventory import THIS_COMPUTER
from fleet.boards.outcome import Outcome, State
from fleet.bundle import pack
from fleet.errors import DiskError
from fleet.places import CODE
from fleet.spread.record_file import SpreadRecords
from tests.unit import disks
from tests.unit.bombs import film, jpeg
from tests.unit.fleet_parts import RECORDED
from tests.unit.fleet_run import LINES, PLAN, Told, ended
from tests.unit.fleet_sshd import PILAB

if TYPE_CHECKING:
    from tests.unit.fleet_sshd import Sshd

pytestmark = pytest.mark.usefixtures("without_pictures")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: only root makes such disks")
Disk = Callable[[Path, Callable[[], None]], AbstractContextManager[None]]
REASONS: dict[Disk, str] = {
    disks.full: "the disk is full; make room (see with: df -h ",
    disks.read_only: "read-only file system; have its disk mounted for writing",
    disks.somebody_elses: "permission denied; it belongs to 54321; take it over with: sudo chown -R root ",
}
FILES = {"still": jpeg(24, 32, noise=True), "video": film(3), "opencv": jpeg(24, 32, noise=True)}


@pytest.fixture(autouse=True)
def _room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(room, "PILAB", PILAB)


@pytest.fixture
def board(sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sshd:
    """One board in the inventory, whose pilab answers each command with the file of its name."""
    monkeypatch.setattr("fleet.boards.inventory.boards", lambda _hosts: [sshd.board("pi01")])
    lines = [{"what": what, "how": "x", "sentence": "", "content": _text(file)} for what, file in FILES.items()]
    lines.append({"what": "preview", "how": "x", "sentence": "left out: no screen"})
    sshd.lay("camera", "".join(json.dumps(line) + "\n" for line in lines))
    sshd.lay("snapshot", _text(FILES["still"]))
    pilab = tmp_path / "pilab"
    pilab.write_text('#!/bin/sh\nexec cat "$STANDIN/$1"\n')
    pilab.chmod(0o755)
    monkeypatch.setattr("fleet.camera.check.CHECK", f"{pilab} camera check")
    monkeypatch.setattr("fleet.service.PILAB", str(pilab))
    return sshd


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def fill() -> None:
    """One run that has its report and its tables, and one that a board has still to do."""
    for name, state in (("20260101T000000Z-aaaa", State.OK), ("20260102T000000Z-bbbb", State.FAILED)):
        run = results.create(options.RESULTS, replace(PLAN, run=name), "invoke bench", ["pi01"])
        if state is State.OK:
            shutil.copy(RECORDED, run.path / "pi01.jsonl")
            for kept in ("report.html", "report.ko.html", "samples.csv", "pi01.pyperf.json"):
                (run.path / kept).write_text("old")
        run.finish([Outcome("pi01", state, "" if state is State.OK else "pi01 was off.")])


def there(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


COMMANDS = {
    "report": ["report", "--run", "20260101T000000Z-aaaa"],
    "report in Korean": ["report", "--run", "20260101T000000Z-aaaa", "--lang", "ko"],
    "export": ["export", "--run", "20260101T000000Z-aaaa"],
    "bench": ["bench", "--hosts", "lab"],
    "bench again": ["bench", "--again", "failed"],
    "bench here": ["bench", "--here"],
    "camera": ["camera"],
    "snapshot": ["agent.snapshot"],
}


@needs_root
@pytest.mark.parametrize("disk", REASONS)
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.usefixtures("board")
def test_a_disk_that_refuses_is_told_in_a_sentence_and_keeps_what_it_has(
    disk: Disk, command: str, typed: Callable[..., tuple[int, str, str]]
) -> None:
    with disk(options.RESULTS, fill):
        before = there(options.RESULTS)
        status, _, said = typed(*COMMANDS[command])
        assert there(options.RESULTS) == before
    assert status == 1
    (sentence,) = {line for line in said.splitlines() if "cannot be used" in line}
    assert str(options.RESULTS) in sentence
    assert REASONS[disk] in sentence
    assert "Traceback" not in said


@pytest.mark.parametrize("command", ["report", "report in Korean", "export", "camera", "snapshot"])
@pytest.mark.usefixtures("board")
def test_a_disk_that_takes_everything_has_it_afterwards(
    command: str, typed: Callable[..., tuple[int, str, str]]
) -> None:
    options.RESULTS.mkdir()
    fill()
    before = there(options.RESULTS)
    assert typed(*COMMANDS[command])[::2] == (0, "")
    after = there(options.RESULTS)
    assert after != before
    assert not [path for path in after if Path(path).name.startswith(".")]


@needs_root
@pytest.mark.parametrize("disk", REASONS)
def test_the_book_of_a_spread_that_cannot_be_kept_is_told_in_a_sentence(disk: Disk, tmp_path: Path) -> None:
    @output.told
    def spread() -> None:
        with SpreadRecords(tmp_path / "results") as book:
            book.write("run", boards=["pi01"])

    with disk(tmp_path / "results", lambda: None), pytest.raises(Exit, match="cannot be used") as refusal:
        spread()
    assert REASONS[disk].partition(" (")[0] in str(refusal.value)


@needs_root
@pytest.mark.parametrize("disk", REASONS)
def test_the_bundle_that_is_there_stays_if_the_new_one_cannot_be_written(disk: Disk, tmp_path: Path) -> None:
    folder, package = tmp_path / "bundle", tmp_path / "package"
    package.write_bytes(bytes(100_000))
    archive, index = folder / "trixie.tar", folder / "trixie.json"

    def bundled() -> None:
        archive.write_bytes(b"old")
        index.write_bytes(b"old")

    with disk(folder, bundled):
        before = there(folder)
        with pytest.raises(DiskError, match=f"^{archive} cannot be used: ") as refusal:
            pack.pack({"http://deb.debian.org/debian/pool/a.deb": package}, archive)
        assert REASONS[disk] in str(refusal.value)
        with pytest.raises(DiskError, match=f"^{index} cannot be used: "):
            pack.index(archive, ["a"] * 1000, [])
        assert there(folder) == before


@needs_root
def test_a_disk_that_fills_while_a_board_works_costs_no_row_and_the_board_is_asked_again(
    board: Sshd, typed: Callable[..., tuple[int, str, str]]
) -> None:
    board.lay("records.jsonl", ended(LINES[:-1]))

    def begin() -> None:
        fill()
        disks.take(options.RESULTS, left_bytes=24 * 1024)
        (options.RESULTS / "taken").rename(options.RESULTS / "taken too")

    with disks.full(options.RESULTS, begin):
        (options.RESULTS / "taken").unlink()
        status, out, said = typed("bench", "--hosts", "lab")
        assert (status, "Traceback" in said + out) == (1, False)
        assert "the disk is full" in said
        assert any(line.startswith("pi01 ") for line in out.splitlines())
        (options.RESULTS / "taken too").unlink()
        status, out, said = typed("bench", "--again", "failed")
        assert (status, said) == (0, "")
        (done,) = results.find(options.RESULTS).outcomes
        assert (done.state, done.records) == (State.OK, "pi01+2.jsonl")


@needs_root
@pytest.mark.usefixtures("this_computer")
def test_a_disk_that_fills_ends_the_bench_of_this_computer(tmp_path: Path) -> None:
    long = replace(
        suites.load("short"), experiments=[{"name": "busy", "workers": [1], "sizes": [10**15]}], governors=[]
    )
    plan, begun_s = suites.plan("20260103T000000Z-cccc", long), time.monotonic()
    with disks.full(tmp_path / "results", lambda: None):
        (tmp_path / "results/taken").unlink()
        run = results.create(tmp_path / "results", plan, "invoke bench --here", [THIS_COMPUTER.name])
        disks.take(tmp_path / "results")
        with pytest.raises(DiskError, match=r"this-computer\.partial\.jsonl cannot be used: the disk is full"):
            here.bench(plan, run, Told())
    assert time.monotonic() - begun_s < 60


PROGRAM = """
import sys
from pathlib import Path
import tasks
from commands import options
from invoke.program import Program
options.RESULTS = Path(sys.argv[1])
Program(namespace=tasks.namespace).run(["invoke", *sys.argv[2:]])
"""
CANNOT_BE_PRINTED = "What this command prints cannot be written: the disk is full.\n"
PRINTING = {
    "sql": ["sql", "--csv", "select * from range(100000)"],
    "a few lines": ["sql", "select 1"],
    "compare": ["compare", "20260101T000000Z-aaaa", "20260101T000000Z-aaaa"],
    "report": ["report", "--run", "20260101T000000Z-aaaa"],
    "export": ["export", "--run", "20260101T000000Z-aaaa"],
    "again": ["bench", "--again", "failed", "--run", "20260101T000000Z-aaaa"],
}


@pytest.mark.parametrize("command", PRINTING)
def test_what_is_printed_and_cannot_be_kept_is_told_in_a_sentence(command: str) -> None:
    options.RESULTS.mkdir()
    fill()
    words = [sys.executable, "-c", PROGRAM, str(options.RESULTS), *PRINTING[command]]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, cwd=CODE, check=False)
    assert (done.returncode, done.stderr) == (1, CANNOT_BE_PRINTED)


@pytest.mark.parametrize(
    "command",
    [
        ["rehearse.up"],
        ["rehearse.down"],
        ["rehearse.reboot", "--hosts", "lab"],
        ["emulate.up"],
        ["emulate.down"],
        ["spread"],
    ],
)
def test_a_refusal_deep_inside_is_a_sentence_too(
    command: list[str], typed: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_what: object) -> None:
        Path("/proc/nothing/here").write_text("")

    for place in (
        "virtual.containers.room.up",
        "virtual.containers.room.down",
        "virtual.machines.emulation.up",
        "virtual.machines.emulation.down",
    ):
        monkeypatch.setattr(place, refuse)
    monkeypatch.setattr("fleet.boards.inventory.boards", refuse)
    sentence = "/proc/nothing/here cannot be used: no such file or directory.\n"
    assert typed(*command) == (1, "", sentence)


def test_rows_that_cannot_be_printed_are_told_of_also_when_a_board_failed() -> None:
    program = (
        "from invoke.exceptions import Exit\n"
        "from commands import output\nfrom fleet.boards.outcome import Outcome, State\n"
        "try:\n    output.told(output.tell)([Outcome('pi01', State.FAILED)])\n"
        "except Exit as error:\n    raise SystemExit(error.message)\n"
    )
    with Path("/dev/full").open("w") as full:
        words = [sys.executable, "-c", program]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, cwd=CODE, check=False)
    assert (done.returncode, done.stderr) == (1, CANNOT_BE_PRINTED)
