"""The subcommands of `pilab bench`: what is typed, handed to the part that does it, and told as a status."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Callable, TextIO

from agent.bench.follow import LostError, follow
from agent.board.paths import HERE, RUN_PATTERN, Paths
from agent.board.units import bench_runs
from agent.errors import AgentError, BenchError, BusyError, ConfigError

if TYPE_CHECKING:
    from types import ModuleType

FINE, FAILED, BAD_USE, REFUSED, LOST = range(5)
NEED_ROOT = ("start", "follow", "stop", "restore")


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `bench` and what follows it to the command line."""
    bench = subparsers.add_parser("bench", help="time the experiments of the course on this board")
    actions = bench.add_subparsers(dest="action", required=True, metavar="ACTION")
    starting = _of_run(actions, "start", "begin a run; its plan comes on standard input")
    starting.add_argument("--follow", action="store_true", help="print its records as they are written")
    following = _of_run(actions, "follow", "print the records of a run as they are written")
    following.add_argument("--skip", type=_count, default=0, help="how many records are known already")
    _of_run(actions, "stop", "end a run and put the board back")
    actions.add_parser("restore", help="put back what an interrupted run changed")
    running = actions.add_parser("run", help="carry a plan out here and now")
    running.add_argument("--plan", type=Path, required=True, help="the file of the plan")
    running.add_argument("--records", type=Path, required=True, help="the file the records go to")


def _of_run(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, purpose: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=purpose)
    parser.add_argument("--run", type=_run_name, required=True, help="the name of the run")
    return parser


def _run_name(text: str) -> str:
    if not re.fullmatch(RUN_PATTERN, text):
        raise argparse.ArgumentTypeError(f"'{text}' is not up to 64 letters, digits, dots, dashes and underscores")
    return text


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0")
    return int(text)


def main(args: argparse.Namespace, stdin: TextIO, stdout: TextIO, stderr: TextIO, paths: Paths = HERE) -> int:
    """Do what was asked; return the status, with one sentence on stderr if it is not 0."""
    try:
        _require_root(args.action, paths)
        _actions(args, stdin, stdout, paths)[args.action]()
    except AgentError as error:
        stderr.write(f"{error}\n")
        return _status(error)
    return FINE


def _require_root(action: str, paths: Paths) -> None:
    if action in NEED_ROOT and not paths.may_tune:
        raise ConfigError(f"'pilab bench {action}' needs root; put sudo before it.")


def _actions(args: argparse.Namespace, stdin: TextIO, stdout: TextIO, paths: Paths) -> dict[str, Callable[[], None]]:
    return {
        "start": lambda: _start(args, stdin, stdout, paths),
        "follow": lambda: follow(paths.records_file(args.run), args.skip, stdout, bench_runs),
        "stop": lambda: _control().stop(args.run, paths),
        "restore": lambda: _control().put_back(paths),
        "run": lambda: _run(args.plan, args.records, paths),
    }


def _start(args: argparse.Namespace, stdin: TextIO, stdout: TextIO, paths: Paths) -> None:
    _control().start(args.run, _typed(stdin), paths)
    if args.follow:
        follow(paths.records_file(args.run), 0, stdout, bench_runs)


def _control() -> ModuleType:
    """Load what only those need who change the board: a slow one takes a second for it."""
    from agent.bench import control  # noqa: PLC0415

    return control


def _run(plan_file: Path, records: Path, paths: Paths) -> None:
    from agent.bench.plan import parse  # noqa: PLC0415 -- as above
    from agent.bench.runner import DONE, run  # noqa: PLC0415
    from agent.bench.stop import Stop, stopped_by_signals  # noqa: PLC0415

    stop = Stop()
    plan = parse(_text(plan_file))
    with stopped_by_signals(stop):
        status = run(plan, records, paths, stop)
    if status != DONE:
        raise BenchError(f"The run ended as '{status}'; {records} says why.")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"The plan {path} cannot be read: {error.strerror}; give the path of a plan.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The plan {path} is no text; give the path of a plan.") from error


def _typed(stdin: TextIO) -> str:
    try:
        return stdin.read()
    except UnicodeDecodeError as error:
        raise ConfigError("The plan on standard input is no text; send a plan.") from error


def _status(error: AgentError) -> int:
    """Tell scripts the kind of error: bad input, refused for now, lost, or failed."""
    kinds = ((ConfigError, BAD_USE), (BusyError, REFUSED), (LostError, LOST))
    return next((status for kind, status in kinds if isinstance(error, kind)), FAILED)
