"""The experiments a board knows: which lesson each belongs to, what its size counts, and the command that runs it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from agent.bench.place import Place


@dataclass(frozen=True)
class Work:
    """How much one run does, and by how many workers."""

    size: int
    workers: int = 1
    step_bytes: int = 0


@dataclass(frozen=True)
class Experiment:
    """One question of the course."""

    name: str
    lesson: str
    size_unit: str
    most_workers: int
    command: Callable[[Place, Work], list[str]]
    # Where the search for the size that fits begins: much less than a second on the slowest board.
    first_size: int = 100_000


def _busy(place: Place, work: Work) -> list[str]:
    return [str(place.native / "busy"), str(work.size)]


def _detect(place: Place, work: Work) -> list[str]:
    return [str(place.native / "detect"), str(work.size)]


def _c_threads(place: Place, work: Work) -> list[str]:
    return [str(place.native / "sum_threads"), str(work.size), str(work.workers)]


def _page_touch(place: Place, work: Work) -> list[str]:
    return [str(place.native / "touch_pages"), str(work.size), str(work.step_bytes)]


def _python(script: str) -> Callable[[Place, Work], list[str]]:
    def command(place: Place, work: Work) -> list[str]:
        # -S: what is installed beside Python's own library must not lengthen the start.
        return [sys.executable, "-S", str(place.scripts / script), str(work.size), str(work.workers)]

    return command


ADDITIONS, BYTES, FRAMES = "additions", "bytes", "frames"
MOST_WORKERS = 64

EXPERIMENTS = {
    known.name: known
    for known in (
        Experiment("detect", "L7", FRAMES, 1, _detect, first_size=10),
        Experiment("busy", "L9", ADDITIONS, 1, _busy),
        Experiment("c-threads", "L11", ADDITIONS, MOST_WORKERS, _c_threads),
        Experiment("page-touch", "L12", BYTES, 1, _page_touch),
        Experiment("python-threads", "L13", ADDITIONS, MOST_WORKERS, _python("python_threads.py")),
        Experiment("python-processes", "L14", ADDITIONS, MOST_WORKERS, _python("python_processes.py")),
    )
}
