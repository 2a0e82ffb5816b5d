"""The command `spread` of a board: `look` tells what it can, `lead` and `work` are its part in a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.spread import lifeline

if TYPE_CHECKING:
    import argparse


def add_arguments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    actions = commands.add_parser("spread", help="take part in a sum across boards").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    actions.add_parser("look", help="tell what this board can do for the sum")
    lead = actions.add_parser("lead", help="hand chunks out as standard input says")
    work = actions.add_parser("work", help="do chunks until standard input ends")
    work.add_argument("--name", required=True)
    work.add_argument("--port", type=int, required=True)
    for each in (lead, work):
        each.add_argument("--scheduler", type=int, required=True, metavar="PORT")


def main(arguments: argparse.Namespace) -> int:
    """Do what was asked; return the exit status."""
    if arguments.action == "look":
        from agent.spread.look import look  # noqa: PLC0415 -- the others do without the bench

        lifeline.tell(**look())
        return 0
    if arguments.action == "lead":
        from agent.spread import lead  # noqa: PLC0415 -- a worker does without

        return lead.main(arguments.scheduler)
    from agent.spread import worker  # noqa: PLC0415 -- the lead does without

    return worker.main(arguments.name, arguments.scheduler, arguments.port)
