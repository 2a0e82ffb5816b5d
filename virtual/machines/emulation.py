"""The emulated Pi: up and down, and on again after its power was cut."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from virtual import lifecycle, needs, place, reach, state
from virtual.errors import EmulationError
from virtual.locks import undisturbed
from virtual.machines import image, initrd, machines, vm

if TYPE_CHECKING:
    from virtual.lifecycle import Report
    from virtual.place import Place
    from virtual.state import EmulatedPi

ALIVE_S, ALIVE_MOST = 10, 6
BOOT_TIMEOUT_S = 600
LOAD_S = 5


def up(machine: str, report: Report) -> EmulatedPi:
    """Boot the emulated Pi and wait until it answers to ssh; one that lost its power boots from its own disk.

    EmulationError for an unknown machine, for another one than is up, and when the board does not come up.
    """
    machines.named(machine)
    needs.check(needs.EMULATED_PIS)
    here = place.emulation()
    return lifecycle.up(
        here,
        state.load_emulated,
        again=lambda board: _up_again(here, board, machine, report),
        make=lambda: _make(here, machine, report),
        take_down=lambda: _take_down(here, report),
    )


def _up_again(here: Place, board: EmulatedPi, machine: str, report: Report) -> EmulatedPi:
    if board.machine != machine:
        raise EmulationError(f"A {board.machine} is up, not a {machine}: take it down with invoke emulate.down.")
    if vm.running(here):
        report(f"{board.name} ({board.machine}) is up already.")
        return board
    report(f"{board.name} was without power and boots from its own disk.")
    return boot(here, board, report)


def _make(here: Place, machine: str, report: Report) -> EmulatedPi:
    made = image.ensure(here.cache, report)
    # A power cut of this computer empties /run, where the board is written down, and leaves its disk.
    shutil.rmtree(here.guests, ignore_errors=True)
    board = state.EmulatedPi(machine, _free_port(), str(made))
    state.save(here, board)
    vm.make_disk(here, board)
    reach.make_key(here)
    _make_ramdisk(here, board)
    return boot(here, board, report)


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind((state.EmulatedPi.address, 0))
        return int(asked.getsockname()[1])


def _make_ramdisk(here: Place, board: EmulatedPi) -> None:
    """Add the keys to the image's ram disk; the kernel unpacks both parts."""
    with tempfile.TemporaryDirectory(dir=here.guests) as folder:
        ssh = Path(folder, "room/etc/ssh")
        (ssh / "authorized_keys").mkdir(parents=True)
        for directory in (Path(folder), Path(folder, "room"), Path(folder, "room/etc"), ssh):
            directory.chmod(0o755)
        shutil.copy(reach.key(here).with_suffix(".pub"), ssh / "authorized_keys" / reach.USER)
        host_key = reach.make_host_key(ssh / "ssh_host_ed25519_key", board.name)
        reach.trust(here, {f"[{board.address}]:{board.port}": host_key})
        plain = Path(board.image, f"{board.machine}.initrd").read_bytes()
        vm.ramdisk(here).write_bytes(plain + initrd.packed(Path(folder)))
    vm.ramdisk(here).chmod(0o600)


def boot(here: Place, board: EmulatedPi, report: Report) -> EmulatedPi:
    """Switch the board on and wait until it answers to ssh; EmulationError if it does not."""
    began_s = time.monotonic()
    vm.boot(here, board)
    reach.wait_for(ssh(here, board, "true"), lambda age_s: _see_that_it_lives(here, board, age_s), pause_s=1)
    report(f"{board.name} ({board.machine}) is up after {time.monotonic() - began_s:.0f} s.")
    return board


def _see_that_it_lives(here: Place, board: EmulatedPi, age_s: float) -> None:
    if age_s > BOOT_TIMEOUT_S:
        raise EmulationError(f"{board.name} did not answer within {BOOT_TIMEOUT_S} s; see {_keep_log(here)}.")
    # A program has no words to be found by while it is being loaded.
    if age_s > LOAD_S and not vm.running(here):
        raise EmulationError(f"QEMU ended while {board.name} was starting; see {_keep_log(here)}.")


def _keep_log(here: Place) -> Path:
    return lifecycle.keep_log(here.cache / f"failed-{here.room}.log", here.guests / "qemu.log", vm.console(here))


def ssh(here: Place, board: EmulatedPi, *command: str, timeout_s: int = 30) -> list[str]:
    """The command that runs something on the board as the teacher would, with its host key checked.

    QEMU keeps a connection open over a restart of its guest, so ssh itself asks whether anybody is there still.
    """
    alive = ("-o", f"ServerAliveInterval={ALIVE_S}", "-o", f"ServerAliveCountMax={ALIVE_MOST}")
    return [*reach.ssh(here, timeout_s), *alive, "-p", str(board.port), f"{reach.USER}@{board.address}", *command]


def down(report: Report) -> None:
    """Take the emulated Pi away, whatever state it is in; nothing happens when there is none."""
    needs.check(needs.EMULATED_PIS)
    here = place.emulation()
    lifecycle.down(here, lambda: _take_down(here, report), lambda: report("No emulated Pi is up."))


def _take_down(here: Place, report: Report) -> bool:
    """Whether there was anything to take down; its disk is thrown away, so the board need not shut down."""
    board = state.load_emulated(here)
    if board is None:
        return False
    report(f"Taking down {board.name} ({board.machine}).")
    with undisturbed():
        vm.pull_the_plug(here)
        shutil.rmtree(here.guests, ignore_errors=True)
        shutil.rmtree(here.run)
    return True
