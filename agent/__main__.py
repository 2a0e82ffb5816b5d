"""The commands of a board: `run` is the circle loop, `camera` checks it, `bench` times, `spread` adds."""

from __future__ import annotations

import argparse
import os
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import NoReturn

if not __package__:
    # Started as a file by an isolated Python (python3 -I), which knows no folders but its own.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agent.errors import AgentError, ConfigError

FAILED, BAD_USE, INTERRUPTED = 1, 2, 130
# Which file knows a command. Only that one is loaded: all of them take a slow board more than a second, and the loop
# must start and end even if the bench is not there.
FILES = {
    "run": "agent.commands.run",
    **dict.fromkeys(("circles", "target"), "agent.commands.circles"),
    **dict.fromkeys(("status", "metrics", "snapshot"), "agent.view.client"),
    **dict.fromkeys(("blink", "led-off"), "agent.commands.led"),
    "bench": "agent.commands.bench",
    "camera": "agent.commands.camera",
    "spread": "agent.commands.spread",
}


def main(words: list[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    words = sys.argv[1:] if words is None else words
    arguments = _parser(words).parse_args(words)
    try:
        return _do(arguments)
    except AgentError as error:
        print(f"{_mark()}{error}", file=sys.stderr)
        return BAD_USE if isinstance(error, ConfigError) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read along has gone. What is still unwritten must not be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _mark() -> str:
    """Return what tells the journal that a line is an error (sd-daemon(3)), or nothing where people read along.

    Without it nothing would tell the sentence from the warnings of the libraries that an agent loads.
    """
    place = os.fstat(2)
    return "<3>" if os.environ.get("JOURNAL_STREAM") == f"{place.st_dev}:{place.st_ino}" else ""


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pilab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = [FILES[word] for word in words[:1] if word in FILES]
    for file in asked or dict.fromkeys(FILES.values()):
        import_module(file).add_arguments(commands)
    return parser


def _do(arguments: argparse.Namespace) -> int:
    streams = {"run": [sys.stdout], "bench": [sys.stdin, sys.stdout, sys.stderr]}
    status: int = import_module(FILES[arguments.command]).main(arguments, *streams.get(arguments.command, []))
    return status


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
