"""Boards that can add together, and a run of `invoke spread` that goes on beside the test."""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.rehearsal.checkout import CHECKOUT
from tests.rehearsal.conftest import CONNECT_TIMEOUT_S, PATIENCE_S, Lab, begun, room_apart, wait_until
from virtual.containers import guest, room

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

PARTS = "pgrep -f '__main__.py spread (held )?(lead|work)'"
GONE = f"! {PARTS}"
UNITS = "systemctl list-units --no-legend --all 'pilab-spread-*'"


# Says how long a board pauses before each part of a sum, so that a sum lasts while it takes no processor from others.
PAUSE = "/opt/pilab/pause"
# While a board has this file, it ends no part of a sum but those that it has begun to add.
HOLD = "/opt/pilab/hold"


def code_for_all(built: Path) -> bytes:
    """What is on a board under /opt/pilab, with one C program that runs on all releases; it may pause first."""
    folder = built / "native" / "bin"
    folder.mkdir(parents=True)
    sources = ["-D_DEFAULT_SOURCE", "-O2", "-pthread", "-static", "sum_threads.c", "common.c", "threads.c"]
    words = ["gcc", *sources, "-o", str(folder / "adding")]
    subprocess.run(words, cwd=CHECKOUT / "native", check=True)
    program = folder / "sum_threads"
    program.write_text(
        f'#!/bin/sh\nsleep "$(cat {PAUSE})"\nwhile [ -e {HOLD} ]; do sleep 0.2; done\n'
        'exec /opt/pilab/native/bin/adding "$@"\n'
    )
    program.chmod(0o755)
    (built / "pause").write_text("0\n")
    bin_folder = CHECKOUT / "ansible/roles/agent/templates/opt/pilab/bin"
    words = ["tar", "--create", "--owner=root", "--group=root", "--mode=go-w", "--exclude=__pycache__", "agent"]
    words += [f"-C{built}", "native", "pause", f"-C{bin_folder}", "pilab"]
    return subprocess.run(words, cwd=CHECKOUT, capture_output=True, check=True).stdout


@contextmanager
def room_to_add(names: Collection[str], with_dask: Path, code: bytes, others: Sequence[int] = ()) -> Iterator[Lab]:
    """Boards that can add together, with nothing but what that takes; the others have no code of ours."""
    with room_apart("s") as here:
        lab = Lab(here, room.up([*others, *(int(name.removeprefix("pi")) for name in names)], print, with_dask))
        for name in names:
            equip(lab, name, code)
        yield lab


def equip(lab: Lab, name: str, code: bytes) -> None:
    """Give a board our code; the playbook would bring OpenCV, too, which takes minutes."""
    unpack = "sudo rm -rf /opt/pilab && sudo mkdir -p /opt/pilab/bin && sudo tar -x -C /opt/pilab"
    put = room_ssh(lab, name, f"{unpack} && sudo mv /opt/pilab/pilab /opt/pilab/bin/")
    subprocess.run(put, input=code, check=True, timeout=PATIENCE_S)


def room_ssh(lab: Lab, name: str, command: str) -> list[str]:
    return guest.ssh(lab.place, lab.guest(name), command, timeout_s=CONNECT_TIMEOUT_S)


class Going:
    """A run that goes on: what it said, and what it has written down so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self.complaints: list[str] = []
        self._readers: list[threading.Thread] = []
        for stream, lines in ((process.stdout, self.said), (process.stderr, self.complaints)):
            assert stream
            self._readers.append(threading.Thread(target=lines.extend, args=(stream,), daemon=True))
            self._readers[-1].start()

    def status(self) -> int:
        """How it ended, once it has and all that it said was read."""
        status = self.process.wait(PATIENCE_S)
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return status

    @property
    def path(self) -> Path:
        wait_until(lambda: bool(self._names()) or self.process.poll() is not None)
        assert self._names(), f"it wrote nothing down: {self.said} {self.complaints}"
        return Path(self._names()[0])

    def _names(self) -> list[str]:
        return [line.split("records: ")[1].strip() for line in self.said if "records: " in line]

    def records(self, kind: str) -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [each for each in found if each["kind"] == kind]


@contextmanager
def going(*words: str, hosts: tuple[str, ...], rounds: int = 1) -> Iterator[Going]:
    with begun("invoke", "spread", "--rounds", str(rounds), "--hosts", ",".join(hosts), *words) as process:
        yield Going(process)


def on_disk_of(lab: Lab, name: str, path: str) -> Path:
    """Where this computer sees a file of a board."""
    return guest.folder_of(lab.place, lab.guest(name)) / "root" / path.removeprefix("/")


def pause(lab: Lab, names: Collection[str], pause_s: float) -> None:
    for name in names:
        on_disk_of(lab, name, PAUSE).write_text(f"{pause_s}\n")


@contextmanager
def held(lab: Lab, names: Collection[str]) -> Iterator[None]:
    """Keep a sum from going on while something is done to the boards that add it up."""
    holds = [on_disk_of(lab, name, HOLD) for name in names]
    for hold in holds:
        hold.touch()
    try:
        yield
    finally:
        for hold in holds:
            hold.unlink()


def parts(lab: Lab, name: str) -> str:
    return lab.ssh(name, PARTS).stdout


@contextmanager
def in_place_of(lab: Lab, name: str, code: bytes, part: str, command: str) -> Iterator[None]:
    """Have a board do something else where it is asked for a part of a run."""
    script = f'#!/bin/sh\ncase "$2" in {part}) {command};; esac\ncd /opt/pilab && exec python3 -m agent "$@"\n'
    put = room_ssh(lab, name, "sudo tee /opt/pilab/bin/pilab")
    subprocess.run(put, input=script, text=True, capture_output=True, check=True, timeout=PATIENCE_S)
    try:
        yield
    finally:
        equip(lab, name, code)
