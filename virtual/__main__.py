"""`python -m virtual up|down|frames`: what `invoke rehearse.up` and `rehearse.down` do, without invoke."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fleet.i18n import lazy, of_terminal
from virtual.containers import room
from virtual.errors import RehearsalError


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m virtual", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="boot virtual Pis")
    up.add_argument("--pis", type=int, default=3, help="how many (3)")
    commands.add_parser("down", help="take them down")
    pictures = commands.add_parser("frames", help="make the recorded frames of their cameras")
    pictures.add_argument("folder", type=Path)
    return parser.parse_args(arguments)


def say(text: str) -> None:
    """Print a line at once, in the language of the terminal."""
    print(of_terminal()(text), flush=True)


def main(arguments: list[str]) -> int:
    """Do one command; 0 if all is well."""
    words = parse(arguments)
    try:
        if words.command == "up":
            room.up(words.pis, say)
        elif words.command == "down":
            room.down(say)
        else:
            from virtual import frames  # noqa: PLC0415 -- OpenCV would slow the others down

            frames.ensure(words.folder)
    except RehearsalError as error:
        print(of_terminal()(str(error)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(of_terminal()(lazy("Interrupted.")), file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
