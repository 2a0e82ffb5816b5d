"""`invoke rehearse.up` and `down`: virtual Pis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import told

if TYPE_CHECKING:
    from invoke.context import Context


@task(help={"pis": "how many; three if not given"})
@told
def up(_: Context, pis: str = "3") -> None:
    """Boot virtual Pis; they are in the group lab until they are taken down.

    invoke rehearse.up --pis 3: virtual Pis come
    """
    from virtual.containers import room

    room.up(options.number("--pis", pis), print)


@task
@told
def down(_: Context) -> None:
    """Take the virtual Pis down and leave nothing behind.

    invoke rehearse.down: virtual Pis go
    """
    from virtual.containers import room

    room.down(print)
