"""`invoke emulate.up` and `down`: an emulated Pi."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from invoke.exceptions import Exit
from invoke.tasks import task

from commands import options
from commands.output import LONGEST_ROW, fail_unless, say_line, told
from fleet.boards import inventory
from fleet.i18n import lazy, of_terminal
from fleet.text import visible
from virtual.machines.machines import VIRT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from invoke.context import Context

    from fleet.cards.prepared import Prepared
    from fleet.doctor.trial import Row
    from fleet.i18n import Language
    from virtual.state import Card, EmulatedPi

MACHINE = lazy("virt, which is faster, or raspi3b, which has the Pi's own pins and card")
IMAGE = lazy("an image that invoke cards has made the card of a board: its first start is tried, and it is not changed")


@task(
    klass=options.HelpTask,
    help={"machine": MACHINE, "image": IMAGE},
)
@told
def up(_: Context, machine: str = VIRT.name, image: str = "") -> None:
    """Boot an emulated Pi with a kernel of its own; it is in the group lab as emu01 until it is taken down.

    invoke emulate.up: an emulated Pi with a kernel, a camera, pins and a governor of its own comes; `--machine raspi3b`
    invoke emulate.up --image FILE.img: it starts from the card that you prepared, and tells what the first start did
    """
    from virtual.machines import emulation

    if image:
        _try(machine, Path(image))
    else:
        emulation.up(machine, say_line)


def _try(machine: str, path: Path) -> None:
    """Have a card start for the first time, and say a row for each thing that it promised."""
    from fleet.cards import prepared
    from fleet.doctor import trial
    from virtual.errors import SilentError
    from virtual.machines import emulation

    say = of_terminal()
    card = prepared.read(path, inventory.everybody())
    say_line(trial.begins(card))
    try:
        up = emulation.up(machine, say_line, _card(card))
    except SilentError as error:
        _tell(trial.silent(card, error.bootfs, str(error)), say)
        raise Exit(code=1) from None
    rows = _rows(card, up)
    _tell(rows, say)
    say_line(lazy("It stays up as {name} until you type: {command}", name=up.name, command="invoke emulate.down"))
    fail_unless(all(row.is_fine for row in rows))


def _rows(card: Prepared, up: EmulatedPi) -> list[Row]:
    """Look at the board, at its FAT partition, and at the board once more after another start."""
    from fleet.doctor import trial
    from virtual.errors import EmulationError
    from virtual.machines import emulation

    board = trial.board_of(card, up.address, up.port)
    with tempfile.TemporaryDirectory(prefix="pilab-") as folder:
        trial.wait_until_over(card, board)
        rows = trial.rows(card, board, emulation.copy_bootfs(up, Path(folder, "bootfs")))
    try:
        emulation.restart(up, say_line)
    except EmulationError as error:
        return [*rows, trial.not_again(str(error))]
    return [*rows, trial.after_restart(card, board)]


def _card(card: Prepared) -> Card:
    """Say to QEMU where the card's partitions are, and to ssh how its board is known."""
    from virtual.state import Card

    boot = card.table.boot
    return Card(
        str(card.path.resolve()), boot.number, boot.start, boot.size, card.table.root.number, card.account,
        str(card.key_file), str(card.known_hosts), card.board.name,
    )  # fmt: skip


def _tell(found: Sequence[Row], say: Language) -> None:
    """Print what was looked at, a word for what is as it should be."""
    from fleet.doctor import rows

    width = max(len(say(row.what)) for row in found)
    for row in found:
        for line in rows.lines_of(f"{say(row.what):<{width}}", row.findings, say):
            print(visible(line, LONGEST_ROW), flush=True)


@task(klass=options.HelpTask)
@told
def down(_: Context) -> None:
    """Take the emulated Pi down and leave nothing behind but its image.

    invoke emulate.down: the emulated Pi goes
    """
    from virtual.machines import emulation

    emulation.down(say_line)
