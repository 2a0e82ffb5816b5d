"""Many boards at once: a thread for each, a limit on how many, and an outcome for every one, whatever happens."""

from __future__ import annotations

import threading
from queue import Empty, Queue
from typing import TYPE_CHECKING

from fleet import files
from fleet.boards.awake import Countdown
from fleet.boards.outcome import Outcome, State, of_error
from fleet.errors import FleetError, RemoteError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.boards.inventory import Board

    Task = Callable[[Board], Outcome]

LOOK_S = 0.2


class BoardPool:
    """Does the same for every board; the threads are daemons, so that none of them can hold the command up.

    `on_end` is called in such a thread whenever a board has its outcome.
    """

    def __init__(
        self, boards: Sequence[Board], task: Task, at_once: int = 0, on_end: Callable[[], object] = int
    ) -> None:
        self._boards = boards
        self._task = task
        self._on_end = on_end
        self._waiting: Queue[Board] = Queue()
        for board in boards:
            self._waiting.put(board)
        self._ended: dict[str, Outcome] = {}
        workers = min(at_once or len(boards), len(boards))
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]

    def start(self) -> None:
        """Begin with as many boards as may be at work."""
        for thread in self._threads:
            thread.start()

    def _work(self) -> None:
        while True:
            try:
                board = self._waiting.get_nowait()
            except Empty:
                return
            self._ended[board.name] = _row(board, self._task)
            self._on_end()

    @property
    def is_done(self) -> bool:
        """Tell whether every board has its outcome."""
        return len(self._ended) == len(self._boards)

    def join(self, limit_s: float) -> None:
        """Wait until all have ended, but not longer than this; while this computer stands still nobody can end."""
        patience = Countdown(limit_s)
        for thread in self._threads:
            while thread.is_alive() and not patience.is_over:
                thread.join(LOOK_S)

    def outcomes(self) -> list[Outcome]:
        """Give a row for every board, in the order of the inventory; one that has not ended yet is timed out."""
        return [self._ended.get(board.name, _unended(board)) for board in self._boards]


def _row(board: Board, task: Task) -> Outcome:
    try:
        return task(board)
    except RemoteError as error:
        return of_error(board.name, error)
    except FleetError as error:
        return Outcome(board.name, State.FAILED, str(error))
    except OSError as error:
        return Outcome(
            board.name, State.FAILED, lazy("{board}: {sentence}", board=board.name, sentence=files.sentence(error))
        )
    except BaseException as error:  # noqa: BLE001 (whatever goes wrong with one board costs that one its row only)
        words = lazy("{board} failed for a reason of ours: {error}.", board=board.name, error=f"{error!r:.300}")
        return Outcome(board.name, State.FAILED, words)


def _unended(board: Board) -> Outcome:
    return Outcome(board.name, State.TIMED_OUT, lazy("{board} had not ended when the command did.", board=board.name))


def on_all(boards: Sequence[Board], task: Task, limit_s: float) -> list[Outcome]:
    """Do the same on all boards at once and wait for it."""
    pool = BoardPool(boards, task)
    pool.start()
    pool.join(limit_s)
    return pool.outcomes()
