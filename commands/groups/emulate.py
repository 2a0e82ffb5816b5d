"""`invoke emulate.up` and `down`: an emulated Pi."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import SAY, told
from fleet.i18n import lazy
from virtual.machines.machines import VIRT

if TYPE_CHECKING:
    from invoke.context import Context

MACHINE = lazy("virt, which is faster, or raspi3b, which has the Pi's own pins and card")


@task(
    klass=options.HelpTask,
    help={"machine": MACHINE},
)
@told
def up(_: Context, machine: str = VIRT.name) -> None:
    """Boot an emulated Pi with a kernel of its own; it is in the group lab as emu01 until it is taken down.

    invoke emulate.up: an emulated Pi with a kernel, a camera, pins and a governor of its own comes; `--machine raspi3b`
    """
    from virtual.machines import emulation

    emulation.up(machine, SAY)


@task(klass=options.HelpTask)
@told
def down(_: Context) -> None:
    """Take the emulated Pi down and leave nothing behind but its image.

    invoke emulate.down: the emulated Pi goes
    """
    from virtual.machines import emulation

    emulation.down(SAY)
