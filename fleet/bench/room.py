"""All boards of a run at once: started together, shown while they work, stopped together by Ctrl-C."""

from __future__ import annotations

import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event
from typing import TYPE_CHECKING

from fleet.bench.job import Desk
from fleet.bench.job_context import PILAB, Errand
from fleet.boards.pool import Crew
from fleet.boards.ssh import Link

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
STOPPING = "Stopping the boards; what they have recorded is kept. Ctrl-C again leaves without waiting for them."


@dataclass(frozen=True)
class Manner:
    """How boards are worked with; 0 at once means all."""

    at_once: int = 0
    sudo_password: str = ""


def bench(
    boards: Sequence[Board], plans: Mapping[str, Plan], run: Run, screen: Screen, manner: Manner
) -> list[Outcome]:
    """Bench all boards, each by its plan; the run has a row for each of them afterwards, however it ended."""
    stop = Event()
    news: SimpleQueue[Progress] = SimpleQueue()

    def deed(board: Board) -> Outcome:
        errand = Errand(plans[board.name], run.path, news.put, stop, PILAB, run.manifest.attempt)
        return Desk(Link(board, manner.sudo_password), errand).run()

    crew = Crew(boards, deed, manner.at_once)
    try:
        crew.start()
        _show(crew, news, screen, float("inf"))
    except KeyboardInterrupt:
        stop.set()
        screen.say(STOPPING)
        _show(crew, news, screen, STOP_LIMIT_S)
    finally:
        run.finish(crew.outcomes())
    return crew.outcomes()


def _show(crew: Crew, news: SimpleQueue[Progress], screen: Screen, limit_s: float) -> None:
    """Pass the news on until all boards have ended."""
    limit_s += time.monotonic()
    while not (crew.is_done and news.empty()) and time.monotonic() < limit_s:
        try:
            screen.show(news.get(timeout=MOMENT_S))
        except Empty:
            continue
