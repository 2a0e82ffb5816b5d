"""All boards of a run at once: started together, shown while they work, stopped together by Ctrl-C."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING

from fleet.bench.job import BoardJob
from fleet.bench.job_context import JobContext
from fleet.boards.pilab import PILAB
from fleet.boards.pool import BoardPool
from fleet.boards.ssh import Link
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.bench.progress import Progress, Screen
    from fleet.boards.inventory import Board
    from fleet.boards.outcome import Outcome
    from fleet.results import Run
    from fleet.suites import Plan

MOMENT_S = 0.2
# A board has a minute to stop, and half a minute to come back if it is out of reach just then.
STOP_LIMIT_S = 120.0
STOPPING = lazy("Stopping the boards; what they have recorded is kept. Ctrl-C again leaves without waiting for them.")


@dataclass(frozen=True)
class PoolOptions:
    """How boards are worked with; 0 at once means all."""

    at_once: int = 0
    sudo_password: str = ""


def bench(
    boards: Sequence[Board], plans: Mapping[str, Plan], run: Run, screen: Screen, options: PoolOptions
) -> list[Outcome]:
    """Bench all boards, each by its plan; the run has a row for each of them afterwards, however it ended."""
    stop = Event()
    news: SimpleQueue[Progress | None] = SimpleQueue()

    def task(board: Board) -> Outcome:
        context = JobContext(plans[board.name], run.path, news.put, stop, PILAB, run.manifest.attempt)
        return BoardJob(Link(board, options.sudo_password), context).run()

    pool = BoardPool(boards, task, options.at_once, lambda: news.put(None))
    try:
        pool.start()
        _show(pool, news, screen, float("inf"))
    except KeyboardInterrupt:
        stop.set()
        screen.say(STOPPING)
        _show(pool, news, screen, STOP_LIMIT_S)
    finally:
        run.finish(pool.outcomes())
    return pool.outcomes()


def _show(pool: BoardPool, news: SimpleQueue[Progress | None], screen: Screen, limit_s: float) -> None:
    """Pass the news on until all boards have ended; that one has, is news without words."""
    limit_s += time.monotonic()
    while not (pool.is_done and news.empty()) and time.monotonic() < limit_s:
        with suppress(Empty):
            if progress := news.get(timeout=MOMENT_S):
                screen.show(progress)
