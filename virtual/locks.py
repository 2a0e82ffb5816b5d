"""Work that must not be disturbed: by a second command on the same room, or by Ctrl-C in the middle of tidying up."""

from __future__ import annotations

import fcntl
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def one_at_a_time(lock: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock that the kernel drops when this process dies; RehearsalError if another holds it, unless `wait`."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            raise RehearsalError(
                lazy(
                    "Another command is changing the virtual Pis of this room now; type yours again when that has "
                    "ended."
                )
            ) from error
        yield


@contextmanager
def ended_in_order() -> Iterator[None]:
    """While it lasts, SIGTERM and Ctrl-C end this process by KeyboardInterrupt, so that everything is taken down.

    Ctrl-C needs saying too: a shell starts what runs in its background with SIGINT ignored.
    """

    def interrupt(_number: int, _frame: object) -> None:
        """Raise KeyboardInterrupt."""
        raise KeyboardInterrupt

    with _handling(STOP_SIGNALS, interrupt):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """While it lasts, neither Ctrl-C nor SIGTERM ends this process; every step inside has a time limit of its own."""
    with _handling(STOP_SIGNALS, signal.SIG_IGN):
        yield


@contextmanager
def _handling(signals: tuple[signal.Signals, ...], handler: signal._HANDLER) -> Iterator[None]:
    before = [(number, signal.signal(number, handler)) for number in signals]
    try:
        yield
    finally:
        for number, earlier in before:
            signal.signal(number, earlier)
