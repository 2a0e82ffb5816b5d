"""`invoke rehearse.up`, `down` and `reboot`: virtual Pis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import say_line, told
from fleet.boards import inventory
from fleet.i18n import lazy

if TYPE_CHECKING:
    from invoke.context import Context


@task(klass=options.HelpTask, help={"pis": lazy("how many; three if not given")})
@told
def up(_: Context, pis: str = "3") -> None:
    """Boot virtual Pis; they are in the group lab until they are taken down.

    invoke rehearse.up --pis 3: virtual Pis come; more than memory and disk hold are refused with the number that fits
    """
    from virtual.containers import room

    room.up(options.number("--pis", pis), say_line)


@task(klass=options.HelpTask)
@told
def down(_: Context) -> None:
    """Take the virtual Pis down and leave nothing behind.

    invoke rehearse.down: virtual Pis go
    """
    from virtual.containers import room

    room.down(say_line)


@task(klass=options.HelpTask, help={"hosts": lazy("{hosts}; only virtual Pis", hosts=options.HOSTS)})
@told
def reboot(_: Context, hosts: str) -> None:
    """Boot virtual Pis again alone, each from its own disk, whether they run or have lost their power.

    invoke rehearse.reboot --hosts pi02: a virtual Pi boots again alone, from its own disk, also after it lost its power
    """
    from virtual.containers import room

    room.reboot([board.name for board in inventory.boards(hosts)], say_line)
