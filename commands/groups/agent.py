"""`invoke agent.status` and the like: the service that looks for circles on the boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import LONGEST_ROW, end, tell, tell_json, told
from fleet import results
from fleet.boards import inventory
from fleet.i18n import lazy, of_terminal
from fleet.text import visible

if TYPE_CHECKING:
    from invoke.context import Context

    from fleet.doctor.why import Asked


def _asked(hosts: str, ask_sudo_password: bool) -> Asked:  # noqa: FBT001 (an option of every command here)
    """Name the boards, and ask for their password where that is wished."""
    from fleet.doctor.why import Asked

    return Asked("agent", inventory.boards(hosts), options.password(asked=ask_sudo_password))


@task(klass=options.RootTask, help={"hosts": options.HOSTS, "ask-sudo-password": options.ASK, "json": options.JSON})
@told
def status(_: Context, hosts: str = "lab", *, ask_sudo_password: bool = False, json: bool = False) -> None:
    """Tell whether every board looks for circles, what it sees and what it has counted.

    invoke agent.status --hosts lab: is every board looking for circles, what has it counted, and if not, why not?
    `--json`
    """
    from fleet import service

    asked = _asked(hosts, ask_sudo_password)
    (tell_json if json else tell)(service.status(asked.boards, asked.sudo_password), asked)


@task(klass=options.RootTask, help={"hosts": options.HOSTS, "ask-sudo-password": options.ASK})
@told
def start(_: Context, *, hosts: str = "lab", ask_sudo_password: bool = False) -> None:
    """Have the boards look for circles.

    invoke agent.start: the boards look for circles
    """
    from fleet import service

    asked = _asked(hosts, ask_sudo_password)
    tell(service.control(asked.boards, "start", asked.sudo_password), asked)


@task(klass=options.RootTask, help={"hosts": options.HOSTS, "ask-sudo-password": options.ASK})
@told
def stop(_: Context, *, hosts: str = "lab", ask_sudo_password: bool = False) -> None:
    """Have the boards look for circles no more, until they restart or are told to.

    invoke agent.stop: the boards look for circles no more
    """
    from fleet import service

    asked = _asked(hosts, ask_sudo_password)
    tell(service.control(asked.boards, "stop", asked.sudo_password), asked)


@task(
    klass=options.RootTask,
    help={
        "hosts": options.HOSTS,
        "follow": lazy("go on until Ctrl-C"),
        "lines": lazy("of each board's past; 20 if not given"),
        "json": lazy("print the lines as the boards wrote them, in JSON, without their time"),
        "ask-sudo-password": options.ASK,
    },
)
@told
def logs(
    _: Context,
    hosts: str = "lab",
    *,
    follow: bool = False,
    lines: str = "",
    json: bool = False,
    ask_sudo_password: bool = False,
) -> None:
    """Show what the boards wrote about circles, cameras and LEDs.

    invoke agent.logs -f: what the boards write, each line with its time, until Ctrl-C; `--lines`, `--json`
    """
    from fleet import service

    wanted, say, asked = options.number("--lines", lines) or 20, of_terminal(), _asked(hosts, ask_sudo_password)
    outcomes = service.logs(
        asked.boards,
        lambda board, line: print(visible(f"{board}  {say(line)}", LONGEST_ROW), flush=True),
        follow=follow,
        lines=wanted,
        raw=json,
        sudo_password=asked.sudo_password,
    )
    end(outcomes, asked)


@task(klass=options.RootTask, help={"hosts": options.HOSTS, "ask-sudo-password": options.ASK})
@told
def snapshot(_: Context, *, hosts: str = "lab", ask_sudo_password: bool = False) -> None:
    """Fetch what the boards see now, where agent_view allows pictures.

    invoke agent.snapshot: fetches what the boards see now, where `agent_view: true` allows it
    """
    from fleet import service

    folder = options.RESULTS / f"snapshots-{results.new_name()}"
    asked = _asked(hosts, ask_sudo_password)
    tell(service.snapshot(asked.boards, folder, asked.sudo_password), asked)
