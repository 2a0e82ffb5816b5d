"""`invoke new-room`: the folder of another room."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import say_line, told
from fleet.errors import PlanError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from invoke.context import Context


@task(
    klass=options.HelpTask,
    positional=["folder"],
    help={
        "folder": lazy("where the room is to be; it is made if it is not there"),
        "again": lazy("write Pilab's own files there anew, and keep the old ones beside them"),
    },
)
@told
def new_room(_: Context, folder: str, *, again: bool = False) -> None:
    """Lay the folder of a room: its list of boards, its settings and its playbooks.

    invoke new-room FOLDER: a folder for another room, in which all commands and playbooks are typed; `--again` after
    Pilab was installed anew
    """
    from fleet import room_folder

    place = _place(folder)
    for path in room_folder.lay(place, again=again):
        say_line(str(path))
    say_line(lazy("The room is {folder}: go there, and write your boards into inventory.ini.", folder=place))


def _place(folder: str) -> Path:
    """Return the folder that was meant; PlanError for one without a name."""
    if not folder.strip():
        raise PlanError(lazy("The folder of the room is empty; name one, for example: invoke new-room room"))
    return Path(folder).expanduser().resolve()
