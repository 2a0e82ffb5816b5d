"""What is asked of boards now: `invoke camera`, `blink` and `bundle`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import after_rows, complain, say_line, tell, told
from fleet import files
from fleet.boards import inventory
from fleet.i18n import lazy, of_terminal

if TYPE_CHECKING:
    from invoke.context import Context


@task(klass=options.RootTask, help={"hosts": options.HOSTS, "ask-sudo-password": options.ASK})
@told
def camera(_: Context, *, hosts: str = "lab", ask_sudo_password: bool = False) -> None:
    """Have every board take a still, a video and an OpenCV still, and show them on one page.

    invoke camera --hosts lab: still, video, preview and OpenCV still of every board, decoded, on one page
    """
    from fleet.camera import check as cameras
    from fleet.camera import pictures, sheet
    from fleet.doctor.why import Asked

    boards = inventory.boards(hosts)
    files.make_folder(options.RESULTS)  # whoever waits for thirty cameras shall not learn then that nothing can be kept
    asked = Asked("camera", boards, options.password(asked=ask_sudo_password))
    outcomes, rows = cameras.check(boards, asked.sudo_password)
    complain(pictures.notes(rows))
    say = of_terminal()
    with after_rows(lambda: outcomes):
        print(say(lazy("Contact sheet: {path}", path=sheet.write(options.RESULTS, rows, say))))
    tell(outcomes, asked)


@task(
    klass=options.RootTask,
    help={"hosts": options.HOSTS, "seconds": lazy("for how long; 10 if not given"), "ask-sudo-password": options.ASK},
)
@told
def blink(_: Context, *, hosts: str, seconds: str = "", ask_sudo_password: bool = False) -> None:
    """Flash the LED of a board, so that its desk is found.

    invoke blink --hosts pi07: flashes a board's LED for 10 s, so that its desk is found; `--seconds`
    """
    from fleet import service
    from fleet.doctor.why import Asked

    lasting_s = options.number("--seconds", seconds) or 10
    asked = Asked("agent", inventory.boards(hosts), options.password(asked=ask_sudo_password))
    tell(service.blink(asked.boards, lasting_s, asked.sudo_password), asked)


@task(klass=options.HelpTask, help={"hosts": options.HOSTS})
@told
def bundle(_: Context, hosts: str = "lab") -> None:
    """Gather the Debian packages of the boards, so that a room without internet can be provisioned from here.

    invoke bundle: gathers the boards' Debian packages for a room without internet;
    `ansible-playbook site.yml -e base_from_bundle=true` installs from them
    """
    from fleet.bundle import gather
    from fleet.doctor.why import Asked

    asked = Asked("bundle", inventory.boards(hosts))
    tell(gather.gather(asked.boards, say_line), asked)
