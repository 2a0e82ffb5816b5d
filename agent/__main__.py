"""The commands of a board: `run` is the circle loop, `camera` checks it, `bench` times, `spread` adds."""

from __future__ import annotations

import os
import signal
import sys

FAILED, BAD_USE, INTERRUPTED = 1, 2, 130
STREAMS = 3
# What OpenCV is told before it is loaded. Of pictures: to take none that would take the memory of a board (8192x8192).
# Of words: a camera that is lost, or a broken picture, is told by us, and once.
OPENCV = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(2**26),
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",  # AV_LOG_QUIET of libavutil/log.h
}

if __name__ == "__main__" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    # At first there is nothing to put away, and half-loaded packages would make a traceback of Ctrl-C.
    signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))

import argparse
import io
import threading
import warnings
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import ModuleType

if not __package__:
    # Started as a file by an isolated Python (python3 -I), which knows no folders but its own.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agent.errors import AgentError, ConfigError, reason, sentence

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
# These put something back when Ctrl-C ends them; `run` hears signals itself.
TIDY = ("blink", "led-off", "bench", "camera", "spread")


def main(words: list[str] | None = None) -> int:
    """Do what the command line says; return the exit status. What goes wrong is told in one sentence on stderr."""
    words = sys.argv[1:] if words is None else words
    try:
        return _do(_parser(words).parse_args(words))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read along has gone
        _forget_output()
        return FAILED
    except Exception as error:
        complaint = _sentence(error)
        if not complaint:
            raise
        _complain(complaint)
        return BAD_USE if isinstance(error, ConfigError) else FAILED


def _sentence(error: Exception) -> str:
    """Say what went wrong; nothing for what can only be a mistake of this program."""
    is_ours = isinstance(error, AgentError)
    return _refused(error) if isinstance(error, OSError) and not is_ours else sentence(error)


def _complain(words: str) -> None:
    print(f"{_mark()}{words}", file=sys.stderr)


def _mark() -> str:
    """Return what tells the journal that a line is an error (sd-daemon(3)), or nothing where people read along.

    Without it nothing would tell the sentence from the warnings of the libraries that an agent loads.
    """
    journal = os.environ.get("JOURNAL_STREAM")
    if not journal:
        return ""
    place = os.fstat(sys.stderr.fileno())  # not always descriptor 2, see agent.service.chatter
    return "<3>" if journal == f"{place.st_dev}:{place.st_ino}" else ""


def _refused(error: OSError) -> str:
    """Say what the system refused."""
    why = error.strerror or reason(error)
    if error.filename is not None:
        return f"'{error.filename}' cannot be used: {why}."
    try:
        print(flush=True)  # an error of writing names no file: whether it was this output is tried
    except OSError:
        _forget_output()
        return f"What this command prints cannot be written: {why}."
    return f"The system refused something: {why}."


def _forget_output() -> None:
    """Let nothing that is still unwritten be written at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser(words: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pilab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = [FILES[word] for word in words[:1] if word in FILES]
    for file in asked or dict.fromkeys(FILES.values()):
        import_module(file).add_arguments(commands)
    return parser


def _do(arguments: argparse.Namespace) -> int:
    command = import_module(FILES[arguments.command])
    if arguments.command in TIDY and __name__ == "__main__" and callable(signal.getsignal(signal.SIGINT)):
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if arguments.command == "run":  # a full disk does not end it, and it knows signals of its own
        status: int = command.main(arguments, sys.stdout)
        return status
    return _do_once(command, arguments)


def _do_once(command: ModuleType, arguments: argparse.Namespace) -> int:
    streams = [sys.stdin, sys.stdout, sys.stderr] if arguments.command == "bench" else []
    status: int = command.main(arguments, *streams)
    sys.stdout.flush()  # while it can still be told that this does not work
    return status


def start() -> int:
    """Begin as a program: with all three streams, whatever was closed, and words that any of them takes."""
    _open_streams()
    os.environ.update({name: value for name, value in OPENCV.items() if name not in os.environ})
    if not sys.warnoptions:  # gpiozero, for one, tells of each library of pins that it does not find
        warnings.simplefilter("ignore")
    if sys.stdout is None:
        _complain("The standard output is closed; leave it open, or send it to /dev/null.")
        return FAILED
    try:
        return main()
    except SystemExit as error:  # from argparse, which may have written a help
        return _written(int(error.code or 0))


def _written(status: int) -> int:
    try:
        sys.stdout.flush()
    except OSError:
        _forget_output()
        return FAILED
    return status


def _open_streams() -> None:
    """Keep a stream that somebody closed from becoming a file or a camera, and let all take any name of a file."""
    while (opened := os.open(os.devnull, os.O_RDWR)) < STREAMS:  # the lowest number that is free, thus what was closed
        pass
    os.close(opened)
    sys.stdin = sys.stdin or open(0, encoding="utf-8")  # noqa: SIM115 -- for as long as the process lives
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def leave(status: int) -> NoReturn:
    """End the process, also while a driver holds a thread that will not come back, or where the disk is full."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os._exit(status)
    if threading.active_count() > 1:
        os._exit(status)
    # While Python takes itself down it forgets handlers, and Ctrl-C would end what is done already by the signal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.exit(status)


if __name__ == "__main__":
    leave(start())
