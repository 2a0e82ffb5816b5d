"""The emulated Pi: up and down, and without power."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from virtual.commands import attempt, run
from virtual.containers import guest
from virtual.locks import ended_in_order, one_at_a_time, undisturbed
from virtual.machines import image, initrd, machines, needs, place, state, vm
from virtual.machines.errors import EmulationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from virtual.machines.state import Board
    from virtual.place import Place

    Report = Callable[[str], None]

ALIVE_S, ALIVE_MOST = 10, 6
BOOT_TIMEOUT_S = 600
LOAD_S = 5


def up(machine: str, report: Report) -> Board:
    """Boot the emulated Pi and wait until it answers to ssh; one that lost its power boots from its own disk."""
    machines.named(machine)
    needs.check()
    here = place.here()
    with one_at_a_time(here.lock):
        board = state.load(here)
        if board and here.ready.exists():
            return _up_again(here, board, machine, report)
        _take_down(here, report)
        return _make_or_take_down(here, machine, report)


def _up_again(here: Place, board: Board, machine: str, report: Report) -> Board:
    if board.machine != machine:
        raise EmulationError(f"A {board.machine} is up, not a {machine}: take it down with invoke emulate.down.")
    if vm.running(here):
        report(f"{board.name} ({board.machine}) is up already.")
        return board
    report(f"{board.name} was without power and boots from its own disk.")
    return boot(here, board, report)


def _make_or_take_down(here: Place, machine: str, report: Report) -> Board:
    with ended_in_order():
        try:
            return _make(here, machine, report)
        except BaseException:
            _take_down(here, report)
            raise


def _make(here: Place, machine: str, report: Report) -> Board:
    made = image.ensure(here.cache, report)
    # A power cut of this computer empties /run, where the board is written down, and leaves its disk.
    shutil.rmtree(here.guests, ignore_errors=True)
    board = state.Board(machine, _free_port(), str(made))
    state.save(here, board)
    vm.make_disk(here, board)
    guest.make_key(here)
    _make_ramdisk(here, board)
    boot(here, board, report)
    here.ready.touch()
    return board


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind((state.ADDRESS, 0))
        return int(asked.getsockname()[1])


def _make_ramdisk(here: Place, board: Board) -> None:
    """Add the keys to the image's ram disk; the kernel unpacks both parts."""
    with tempfile.TemporaryDirectory(dir=here.guests) as folder:
        ssh = Path(folder, "room/etc/ssh")
        (ssh / "authorized_keys").mkdir(parents=True)
        for directory in (Path(folder), Path(folder, "room"), Path(folder, "room/etc"), ssh):
            directory.chmod(0o755)
        shutil.copy(guest.key(here).with_suffix(".pub"), ssh / "authorized_keys" / state.USER)
        _make_host_key(here, board, ssh / "ssh_host_ed25519_key")
        plain = Path(board.image, f"{board.machine}.initrd").read_bytes()
        vm.ramdisk(here).write_bytes(plain + initrd.packed(Path(folder)))
    vm.ramdisk(here).chmod(0o600)


def _make_host_key(here: Place, board: Board, path: Path) -> None:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", board.name, "-f", str(path))
    kind, text, _ = path.with_suffix(".pub").read_text().split()
    guest.known_hosts(here).write_text(f"[{state.ADDRESS}]:{board.port} {kind} {text}\n")


def boot(here: Place, board: Board, report: Report) -> Board:
    """Switch the board on and wait until it answers to ssh."""
    began_s = time.monotonic()
    vm.boot(here, board)
    while not attempt(*ssh(here, board, "true"), timeout_s=60):
        time.sleep(1)
        _see_that_it_lives(here, board, time.monotonic() - began_s)
    report(f"{board.name} ({board.machine}) is up after {time.monotonic() - began_s:.0f} s.")
    return board


def _see_that_it_lives(here: Place, board: Board, age_s: float) -> None:
    if age_s > BOOT_TIMEOUT_S:
        raise EmulationError(f"{board.name} did not answer within {BOOT_TIMEOUT_S} s; see {_keep_log(here)}.")
    # A program has no words to be found by while it is being loaded.
    if age_s > LOAD_S and not vm.running(here):
        raise EmulationError(f"QEMU ended while {board.name} was starting; see {_keep_log(here)}.")


def _keep_log(here: Place) -> Path:
    """Put what the board and QEMU said where it outlives them."""
    kept = here.cache / f"failed-{here.room}.log"
    parts = [file.read_bytes() for file in (here.guests / "qemu.log", place.console(here)) if file.exists()]
    kept.write_bytes(b"\n".join(parts))
    return kept


def ssh(here: Place, board: Board, *command: str, timeout_s: int = 30) -> list[str]:
    """The command that runs something on the board as the teacher would, with its host key checked.

    QEMU keeps a connection open over a restart of its guest, so ssh itself asks whether anybody is there still.
    """
    alive = ("-o", f"ServerAliveInterval={ALIVE_S}", "-o", f"ServerAliveCountMax={ALIVE_MOST}")
    return [*guest.ssh_to(here, timeout_s), *alive, "-p", str(board.port), f"{state.USER}@{state.ADDRESS}", *command]


def down(report: Report) -> None:
    """Take the emulated Pi away, whatever state it is in; nothing happens when there is none."""
    needs.check()
    here = place.here()
    with one_at_a_time(here.lock):
        if not _take_down(here, report):
            report("No emulated Pi is up.")


def _take_down(here: Place, report: Report) -> bool:
    """Whether there was anything to take down; its disk is thrown away, so the board need not shut down."""
    board = state.load(here)
    if board is None:
        return False
    report(f"Taking down {board.name} ({board.machine}).")
    with undisturbed():
        vm.pull_the_plug(here)
        shutil.rmtree(here.guests, ignore_errors=True)
        shutil.rmtree(here.run)
    return True
