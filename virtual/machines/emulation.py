"""The emulated Pi: up and down, and on again after its power was cut."""

from __future__ import annotations

import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.i18n import joined, lazy
from virtual import lifecycle, needs, place, reach, state
from virtual.commands import run
from virtual.errors import EmulationError, RehearsalError, SilentError
from virtual.locks import undisturbed
from virtual.machines import card as cards
from virtual.machines import image, initrd, machines, monitor, vm

if TYPE_CHECKING:
    from virtual.lifecycle import Report
    from virtual.place import Place
    from virtual.state import Card, EmulatedPi

ALIVE_S, ALIVE_MOST = 10, 6
BOOT_TIMEOUT_S = 600
# A first start makes keys and an account, and some systems start once more in the middle of it.
FIRST_TIMEOUT_S = 2400
TOLD_EVERY_S = 120
LOAD_S = 5
# What a board that answers is asked, while this computer does something else as well.
ASK_TIMEOUT_S = 300
DOWN = "invoke emulate.down"
# Which start a board is in (proc_sys_kernel(5)).
BOOT_ID = "cat /proc/sys/kernel/random/boot_id"


def up(machine: str, report: Report, card: Card | None = None) -> EmulatedPi:
    """Boot the emulated Pi and wait until it answers to ssh; one that lost its power boots from its own disk.

    With somebody's card, it is the card's first start, and its image is not changed. EmulationError for an unknown
    machine, for another one than is up, and when the board does not come up; SilentError where a card is to blame.
    """
    machines.named(machine)
    if card and machine != cards.MACHINE.name:
        raise EmulationError(
            lazy(
                "--machine is {machine}, and a card starts on {only} only: leave it out.",
                machine=machine,
                only=cards.MACHINE.name,
            )
        )
    needs.check(needs.EMULATED_PIS)
    here = place.emulation()
    return lifecycle.up(
        here,
        state.load_emulated,
        again=lambda board: _up_again(here, board, machine, report, card),
        make=lambda: _make_with_card(here, machine, card, report) if card else _make(here, machine, report),
        take_down=lambda: _take_down(here, report),
    )


def _up_again(here: Place, board: EmulatedPi, machine: str, report: Report, card: Card | None) -> EmulatedPi:
    if card:
        raise EmulationError(
            lazy(
                "{board} is up, and the first start of a card needs its place: take it down with: {command}",
                board=board.name,
                command=DOWN,
            )
        )
    if board.machine != machine:
        raise EmulationError(
            lazy(
                "A {up} is up, not a {machine}: take it down with: {command}",
                up=board.machine,
                machine=machine,
                command=DOWN,
            )
        )
    if vm.running(here):
        report(lazy("{board} ({machine}) is up already.", board=board.name, machine=board.machine))
        return board
    report(lazy("{board} was without power and boots from its own disk.", board=board.name))
    return boot(here, board, report)


def _make(here: Place, machine: str, report: Report) -> EmulatedPi:
    made = image.ensure(here.cache, report)
    board = state.EmulatedPi(machine, _free_port(), str(made))
    _write_down(here, board)
    vm.make_disk(here, made / "disk.raw")
    reach.make_key(here)
    _make_ramdisk(here, board)
    return boot(here, board, report)


def _write_down(here: Place, board: EmulatedPi) -> None:
    # A power cut of this computer empties /run, where the board is written down, and leaves its disk.
    shutil.rmtree(here.guests, ignore_errors=True)
    state.save(here, board)


def _make_with_card(here: Place, machine: str, card: Card, report: Report) -> EmulatedPi:
    made = cards.kernel(here.cache, report)
    board = state.EmulatedPi(machine, _free_port(), str(made), card=card)
    _write_down(here, board)
    vm.make_disk(here, Path(card.image), cards.disk_size(card))
    shutil.copy(made / f"{machine}.initrd", vm.ramdisk(here))
    try:
        return boot(here, board, report, FIRST_TIMEOUT_S)
    except EmulationError as error:
        said = _refusal(here, board)
        vm.pull_the_plug(here)
        kept = here.cache / f"failed-{here.room}-bootfs.img"
        raise SilentError(joined("", [str(error), said]), cards.copy_bootfs(card, vm.disk(here), kept)) from error


def _refusal(here: Place, board: EmulatedPi) -> str:
    """What ssh itself says of a board that lets nobody in, if it is on."""
    if not vm.running(here):
        return ""
    try:
        run(*ssh(here, board, "true"), timeout_s=reach.TRY_LIMIT_S)
    except RehearsalError as error:
        return lazy(" ssh says: {words}", words=str(error).splitlines()[-1].rpartition(": ")[2])
    return ""


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


def boot(here: Place, board: EmulatedPi, report: Report, limit_s: float = BOOT_TIMEOUT_S) -> EmulatedPi:
    """Switch the board on and wait until it answers to ssh; EmulationError if it does not."""
    began_s = time.monotonic()
    vm.boot(here, board, cards.words(board.card) if board.card else "")
    wait(here, board, "true", report, limit_s)
    took_s = time.monotonic() - began_s
    report(lazy("{board} ({machine}) is up after {took:.0f} s.", board=board.name, machine=board.machine, took=took_s))
    return board


def wait(here: Place, board: EmulatedPi, command: str, report: Report, limit_s: float = BOOT_TIMEOUT_S) -> None:
    """Wait until a command succeeds on the board; EmulationError if it does not, or QEMU has ended."""
    told = 0

    def see(age_s: float) -> None:
        nonlocal told
        _see_that_it_lives(here, board, age_s, limit_s)
        if age_s // TOLD_EVERY_S > told:
            told = int(age_s // TOLD_EVERY_S)
            report(
                lazy(
                    "  waiting for {board} since {age:.0f} s, at most {limit:g} s",
                    board=board.name,
                    age=age_s,
                    limit=limit_s,
                )
            )

    reach.wait_for(ssh(here, board, command), see, pause_s=1)


def restart(board: EmulatedPi, report: Report) -> None:
    """Reset the board, as a button would, and wait until it has started again; EmulationError if it does not."""
    here = place.emulation()
    before = run(*ssh(here, board, BOOT_ID), timeout_s=ASK_TIMEOUT_S).strip()
    began_s = time.monotonic()
    monitor.ask(vm.monitor(here), "system_reset")
    wait(here, board, f'test "$({BOOT_ID})" != {before}', report, FIRST_TIMEOUT_S)
    took_s = time.monotonic() - began_s
    report(lazy("{board} has started again after {took:.0f} s.", board=board.name, took=took_s))


def copy_bootfs(board: EmulatedPi, target: Path) -> Path:
    """Copy the FAT partition of somebody's card as it is now; the board stands still meanwhile.

    EmulationError if it has no card of somebody's, or QEMU does not answer.
    """
    here = place.emulation()
    if board.card is None:
        raise EmulationError(lazy("{board} has no card of yours.", board=board.name))
    run(*ssh(here, board, "sync"), timeout_s=ASK_TIMEOUT_S)
    # What stands still has written down all that its disk was given (QEMU's vm_stop flushes).
    monitor.ask(vm.monitor(here), "stop")
    try:
        return cards.copy_bootfs(board.card, vm.disk(here), target)
    finally:
        monitor.ask(vm.monitor(here), "cont")


def _see_that_it_lives(here: Place, board: EmulatedPi, age_s: float, limit_s: float = BOOT_TIMEOUT_S) -> None:
    if age_s > limit_s:
        raise EmulationError(
            lazy(
                "{boards} did not answer within {limit:g} s; see {log}.",
                boards=board.name,
                limit=limit_s,
                log=_keep_log(here),
            )
        )
    # A program has no words to be found by while it is being loaded.
    if age_s > LOAD_S and not vm.running(here):
        raise EmulationError(
            lazy("QEMU ended while {board} was starting; see {log}.", board=board.name, log=_keep_log(here))
        )
    if words := vm.gave_up(here):
        raise EmulationError(
            lazy("{board} gave up ({words}); see {log}.", board=board.name, words=words, log=_keep_log(here))
        )


def _keep_log(here: Place) -> Path:
    return lifecycle.keep_log(here.cache / f"failed-{here.room}.log", here.guests / "qemu.log", vm.console(here))


def ssh(here: Place, board: EmulatedPi, *command: str, timeout_s: int = 30) -> list[str]:
    """The command that runs something on the board as the teacher would, with its host key checked.

    QEMU keeps a connection open over a restart of its guest, so ssh itself asks whether anybody is there still.
    """
    alive = ("-o", f"ServerAliveInterval={ALIVE_S}", "-o", f"ServerAliveCountMax={ALIVE_MOST}")
    card = board.card
    way = _way_to_card(card, timeout_s) if card else reach.ssh(here, timeout_s)
    user = card.user if card else reach.USER
    return [*way, *alive, "-p", str(board.port), f"{user}@{board.address}", *command]


def _way_to_card(card: Card, timeout_s: int) -> list[str]:
    return reach.unasked(timeout_s, card.key, reach.trusting(card.known_hosts, card.alias))


def down(report: Report) -> None:
    """Take the emulated Pi away, whatever state it is in; nothing happens when there is none."""
    needs.check(needs.EMULATED_PIS)
    here = place.emulation()
    lifecycle.down(here, lambda: _take_down(here, report), lambda: report(lazy("No emulated Pi is up.")))


def _take_down(here: Place, report: Report) -> bool:
    """Whether there was anything to take down; its disk is thrown away, so the board need not shut down."""
    board = state.load_emulated(here)
    if board is None:
        return False
    report(lazy("Taking down {board} ({machine}).", board=board.name, machine=board.machine))
    with undisturbed():
        vm.pull_the_plug(here)
        shutil.rmtree(here.guests, ignore_errors=True)
        shutil.rmtree(here.run)
    return True
