"""The commands of a board: `run` is the circle loop, `camera` checks it, `bench` times, `spread` adds."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from typing import Callable, NoReturn

from agent import lamp, look, run
from agent.errors import AgentError, ConfigError
from agent.view import ask

FAILED, BAD_USE, INTERRUPTED = 1, 2, 130


def main(words: list[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    words = sys.argv[1:] if words is None else words
    arguments = _parser(words).parse_args(words)
    try:
        return _do(arguments)
    except AgentError as error:
        print(error, file=sys.stderr)
        return BAD_USE if isinstance(error, ConfigError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read along has gone. What is still unwritten must not be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pilab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run.add_arguments(commands)
    look.add_arguments(commands)
    ask.add_arguments(commands)
    lamp.add_arguments(commands)
    if words[:1] not in (["run"], ["led-off"]):  # the loop must start and end even if the bench is not there
        from agent.bench import cli  # noqa: PLC0415
        from agent.check import cli as check  # noqa: PLC0415
        from agent.spread import cli as spread  # noqa: PLC0415

        cli.add_arguments(commands)
        check.add_arguments(commands)
        spread.add_arguments(commands)
    return parser


def _do(arguments: argparse.Namespace) -> int:
    if arguments.command == "run":
        return run.main(arguments, sys.stdout)
    simple: dict[str, Callable[[argparse.Namespace], int]] = {
        **dict.fromkeys(("circles", "target"), look.main),
        **dict.fromkeys(ask.PATHS, ask.main),
        **dict.fromkeys(("blink", "led-off"), lamp.main),
    }
    if arguments.command in simple:
        return simple[arguments.command](arguments)
    return _do_beside(arguments)


def _do_beside(arguments: argparse.Namespace) -> int:
    if arguments.command == "camera":
        from agent.check import cli as check  # noqa: PLC0415 -- as above

        return check.main(arguments)
    if arguments.command == "spread":
        from agent.spread import cli as spread  # noqa: PLC0415 -- as above

        return spread.main(arguments)
    from agent.bench import cli  # noqa: PLC0415 -- as above

    return cli.main(arguments, sys.stdin, sys.stdout, sys.stderr)


def leave(status: int) -> NoReturn:
    """End the process, also while a driver holds a thread that will not come back, or where the disk is full."""
    try:
        sys.stdout.flush()
    except OSError:
        os._exit(status)
    if threading.active_count() > 1:
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    leave(main())
