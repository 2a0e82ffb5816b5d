"""The experiments a board knows: which lesson each belongs to, what its size counts, and the command that runs it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from agent.bench import pythons

if TYPE_CHECKING:
    from agent.board.paths import Paths

ADDITIONS, BYTES, FRAMES, PASSES, WAITS = "additions", "bytes", "frames", "passes", "waits"
PROCESSOR, MEMORY, WAITING = "processor", "memory", "waiting"
MOST_WORKERS = 64
# The words of a cache line lie side by side, or lines of 128 bytes apart, the longest there are.
SIDE_BY_SIDE, LINES_APART = "8", "128"


@dataclass(frozen=True)
class Work:
    """How much one run does, and by how many workers."""

    size: int
    workers: int = 1
    step_bytes: int = 0


Command = Callable[["Paths", Work], "list[str]"]


def _nothing_lacks() -> str:
    """Say that nothing is missing."""
    return ""


@dataclass(frozen=True)
class Experiment:
    """One question of the course."""

    name: str
    lesson: str
    size_unit: str
    command: Command
    most_workers: int = MOST_WORKERS
    # Where the search for the size that fits begins: much less than a second on the slowest board.
    first_size: int = 100_000
    # What it spends its time on; a program that waits leaves its processor to others.
    bound: str = PROCESSOR
    # Says what this board lacks for it.
    lacks: Callable[[], str] = _nothing_lacks


def _native(program: str, *more: str) -> Command:
    def command(paths: Paths, work: Work) -> list[str]:
        return [str(paths.native / program), str(work.size), str(work.workers), *more]

    return command


def _without_workers(program: str) -> Command:
    """Run a program that knows no workers."""

    def command(paths: Paths, work: Work) -> list[str]:
        return [str(paths.native / program), str(work.size)]

    return command


def _page_touch(paths: Paths, work: Work) -> list[str]:
    return [str(paths.native / "touch_pages"), str(work.size), str(work.step_bytes)]


def _python(script: str, *options: str, interpreter: Callable[[], str] = lambda: sys.executable) -> Command:
    def command(paths: Paths, work: Work) -> list[str]:
        return [interpreter(), *options, str(paths.scripts / script), str(work.size), str(work.workers)]

    return command


# What is installed beside Python's own library must not lengthen the start.
PLAIN = "-S"

EXPERIMENTS = {
    known.name: known
    for known in (
        Experiment("detect", "L7", FRAMES, _without_workers("detect"), most_workers=1, first_size=10),
        Experiment("busy", "L9", ADDITIONS, _without_workers("busy"), most_workers=1),
        Experiment("c-threads", "L11", ADDITIONS, _native("sum_threads")),
        Experiment("false-sharing", "L11", ADDITIONS, _native("count_apart", SIDE_BY_SIDE)),
        Experiment("padded-counters", "L11", ADDITIONS, _native("count_apart", LINES_APART)),
        Experiment("page-touch", "L12", BYTES, _page_touch, most_workers=1, bound=MEMORY),
        Experiment("python-threads", "L13", ADDITIONS, _python("python_threads.py", PLAIN)),
        Experiment("python-processes", "L14", ADDITIONS, _python("python_processes.py", PLAIN)),
        Experiment("io-wait", "L15", WAITS, _native("wait_threads"), first_size=10, bound=WAITING),
        Experiment(
            "python-io-threads", "L15", WAITS, _python("python_io_threads.py", PLAIN), first_size=10, bound=WAITING
        ),
        Experiment("python-numpy", "L15", PASSES, _python("python_numpy.py"), first_size=10, lacks=pythons.lacks_numpy),
        Experiment(
            "python-subinterpreters",
            "L15",
            ADDITIONS,
            _python("python_interpreters.py", PLAIN),
            lacks=pythons.lacks_interpreters,
        ),
        Experiment(
            "python-free-threaded",
            "L15",
            ADDITIONS,
            _python("python_threads.py", PLAIN, interpreter=pythons.free_threaded),
            lacks=pythons.lacks_free_threads,
        ),
        Experiment("bandwidth", "L16", PASSES, _native("copy_memory"), first_size=1, bound=MEMORY),
    )
}
