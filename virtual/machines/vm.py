"""QEMU: the command that runs a machine, its start, and its end by pulling the plug."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual.commands import detach, processes, run
from virtual.errors import EmulationError
from virtual.machines.machines import CORES, Machine, named

if TYPE_CHECKING:
    from virtual.place import Place
    from virtual.state import EmulatedPi

END_TIMEOUT_S = 20
# Nobody waits for what runs beside an emulated Pi.
NICE = ("nice", "--adjustment=5")
FIRST_PROGRAM = "/usr/lib/pilab-emulation/second-stage"
ENDS = ("Kernel panic - not syncing", "You are in emergency mode")
# The kernel tests its ciphers at every start, which takes seconds here; names of network cards as on a Pi.
KERNEL_WORDS = "rw net.ifnames=0 cryptomgr.notests quiet"


def command(machine: Machine, image: Path, ramdisk: Path, drive: str, words: str = "") -> list[str]:
    """The words that run a machine with the kernel and the device tree of an image; `drive` names its card."""
    append = f"root={machine.root} console={machine.console} {KERNEL_WORDS} {words}".strip()
    card = ("-drive", f"if=sd,{drive}") if machine.drive == "sd" else _device(machine.drive, drive)
    return [
        *NICE, "qemu-system-aarch64", "-machine", machine.name, "-accel", "tcg,thread=multi", "-smp", str(CORES),
        "-m", str(machine.memory_mib), *machine.qemu, "-kernel", str(image / "vmlinuz"), "-initrd", str(ramdisk),
        "-dtb", str(image / f"{machine.name}.dtb"), "-append", append, *card, "-display", "none",
    ]  # fmt: skip


def _device(device: str, drive: str) -> tuple[str, ...]:
    return ("-drive", f"if=none,id=card,{drive}", "-device", f"{device},drive=card")


def make_disk(here: Place, backing: Path, *size: str) -> None:
    """Give the board a disk of its own over an image, which is only read."""
    here.guests.mkdir(parents=True, exist_ok=True)
    run("qemu-img", "create", "-q", "-f", "qcow2", "-b", str(backing), "-F", "raw", str(disk(here)), *size)


def boot(here: Place, board: EmulatedPi, more: str = "") -> None:
    """Switch the board on, with `more` words for its kernel; it goes on when this process ends."""
    machine = named(board.machine)
    # What a guest has not flushed is lost with its power. A card is never asked to flush: what it took, it has.
    cache = "writethrough" if machine.drive == "sd" else "writeback"
    drive = f"file={disk(here)},format=qcow2,cache={cache}"
    network = f"user,id=net,hostfwd=tcp:{board.address}:{board.port}-:22"
    outside = (
        "-netdev", network, "-device", f"{machine.network},netdev=net",
        "-serial", f"file:{console(here)}", "-qmp", f"unix:{monitor(here)},server=on,wait=off",
    )  # fmt: skip
    words = command(machine, Path(board.image), ramdisk(here), drive, more)
    detach(*words, *outside, log=here.guests / "qemu.log", environment={})


def monitor(here: Place) -> Path:
    """The socket through which QEMU is asked."""
    return here.run / "monitor"


def console(here: Place) -> Path:
    """What the guest's serial line said."""
    return here.guests / "console.log"


def gave_up(here: Place) -> str:
    """What the guest said on its serial line if it goes on no more: of its kernel, or of systemd."""
    try:
        said = console(here).read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return next((words for words in ENDS if words in said), "")


def disk(here: Place) -> Path:
    """The guest's own disk: what differs from the image."""
    return here.guests / "disk.qcow2"


def ramdisk(here: Place) -> Path:
    """The small ram disk of the image with what only this room knows."""
    return here.guests / "initrd"


def running(here: Place) -> set[int]:
    """The processes of this board's QEMU."""
    return processes(f"file={disk(here)},".encode())


def pull_the_plug(here: Place) -> None:
    """End QEMU at once, as a power cut ends a board; EmulationError if it does not end, nothing where none runs."""
    for number in running(here):
        _kill(number)


def _kill(number: int) -> None:
    """End a process and wait until it has let go of its files, which it still holds when its words are gone."""
    try:
        process = os.pidfd_open(number)
    except ProcessLookupError:
        return
    try:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(process, signal.SIGKILL)
        ended, _, _ = select.select([process], [], [], END_TIMEOUT_S)
    finally:
        os.close(process)
    if not ended:
        raise EmulationError(lazy("QEMU does not end; see process {number}.", number=number))
