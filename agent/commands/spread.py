"""The command `spread` of a board: `look` tells what it can, `lead` and `work` are its part in a run.

`held` is such a part inside its sandbox; `lead` and `work` need root to make the sandbox.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent.errors import AgentError
from agent.spread import heartbeat

if TYPE_CHECKING:
    import argparse


def add_arguments(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    actions = commands.add_parser("spread", help="take part in a sum across boards").add_subparsers(
        dest="action", required=True, metavar="ACTION"
    )
    actions.add_parser("look", help="tell what this board can do for the sum")
    held = actions.add_parser("held", help="a part in its sandbox").add_subparsers(
        dest="part", required=True, metavar="PART"
    )
    for parser in (actions, held):
        lead = parser.add_parser("lead", help="give Dask the chunks that standard input names")
        lead.add_argument("--workers", type=int, nargs="+", required=True, metavar="PORT")
        work = parser.add_parser("work", help="do chunks until standard input ends")
        work.add_argument("--port", type=int, required=True)
        for each in (lead, work):
            each.add_argument("--scheduler", type=int, required=True, metavar="PORT")


def main(arguments: argparse.Namespace) -> int:
    """Do what was asked; return the exit status."""
    if arguments.action == "look":
        from agent.spread.capabilities import look  # noqa: PLC0415 -- the others do without

        heartbeat.send(**look())
        return 0
    if arguments.action != "held":
        from agent.spread import watchdog  # noqa: PLC0415 -- not in the sandbox

        return watchdog.main(sys.argv[2:])
    return _held(arguments)


def _held(arguments: argparse.Namespace) -> int:
    from agent.spread.sandbox_check import complaint  # noqa: PLC0415 -- only in the sandbox

    if words := complaint():
        raise AgentError(words)
    if arguments.part == "lead":
        from agent.spread import lead  # noqa: PLC0415 -- a worker does without

        return lead.main(arguments.scheduler, arguments.workers)
    from agent.spread import worker  # noqa: PLC0415 -- the lead does without

    return worker.main(arguments.scheduler, arguments.port)
