"""What coming up and going down have in common for virtual and emulated Pis."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from fleet.i18n import lazy
from virtual.locks import ended_in_order, one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from threading import Event

    from virtual.place import Place

    Report = Callable[[str], None]

Up = TypeVar("Up")
Thing = TypeVar("Thing")
Result = TypeVar("Result")


def up(
    here: Place, load: Callable[[Place], Up | None], again: Callable[[Up], Up],
    make: Callable[[], Up], take_down: Callable[[], bool],
) -> Up:  # fmt: skip
    """What came up whole before, or what is made now; whatever was made is taken down when that fails."""
    with one_at_a_time(here.lock):
        found = load(here)
        if found is not None and here.ready.exists():
            return again(found)
        take_down()
        with ended_in_order():
            try:
                made = make()
                here.ready.touch()
            except BaseException:
                take_down()
                raise
    return made


def down(here: Place, take_down: Callable[[], bool], if_nothing: Callable[[], None]) -> None:
    """Take everything of a place away, whatever state it is in."""
    with one_at_a_time(here.lock):
        if not take_down():
            if_nothing()


def keep_log(kept: Path, *parts: Path) -> Path:
    """Put what a board that failed said where it outlives the board."""
    kept.write_bytes(b"\n".join(part.read_bytes() for part in parts if part.exists()))
    return kept


class Remaining:
    """Says of each of several things that it is done, and how many are left; several threads may count."""

    def __init__(self, things: int, report: Report) -> None:
        self._left = things
        self._report = report
        self._lock = Lock()

    def done(self, words: str) -> None:
        """Count one down."""
        with self._lock:
            self._left -= 1
            self._report(lazy("{words}; {left} left.", words=words, left=self._left))


def side_by_side(
    deed: Callable[[Thing], Result], things: Iterable[Thing], at_once: int, given_up: Event | None = None
) -> list[Result]:
    """Do something with each, several at once.

    On an error, or Ctrl-C, what has not begun is left, and `given_up` tells what has.
    """
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        begun = [pool.submit(deed, thing) for thing in things]
        try:
            return [each.result() for each in begun]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            if given_up:
                given_up.set()
            raise
