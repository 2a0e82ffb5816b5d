"""What coming up and going down have in common, without any Pi."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from virtual import lifecycle, reach
from virtual.errors import RehearsalError
from virtual.locks import one_at_a_time
from virtual.place import Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Computer:
    """Remembers what was done to it."""

    def __init__(self, here: Place, found: str | None = None) -> None:
        self.here, self.found = here, found
        self.done: list[str] = []

    def up(self, make: Callable[[], str]) -> str:
        return lifecycle.up(self.here, lambda _: self.found, self.again, make, self.take_down)

    def again(self, found: str) -> str:
        self.done.append(f"again {found}")
        return found

    def take_down(self) -> bool:
        self.done.append("down")
        return self.found is not None


@pytest.fixture
def here(tmp_path: Path) -> Place:
    place = Place("test", tmp_path / "run", tmp_path / "cache")
    place.run.mkdir()
    return place


def test_what_came_up_whole_is_taken_as_it_is(here: Place) -> None:
    here.ready.touch()
    computer = Computer(here, "room")
    assert computer.up(lambda: "new") == "room"
    assert computer.done == ["again room"]


def test_a_torso_is_taken_down_before_something_new_is_made(here: Place) -> None:
    computer = Computer(here, "torso")
    assert computer.up(lambda: "new") == "new"
    assert computer.done == ["down"]
    assert here.ready.exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_what_is_half_made_is_taken_down_when_somebody_interrupts(here: Place, how: signal.Signals) -> None:
    def make() -> str:
        os.kill(os.getpid(), how)
        return "never"

    computer = Computer(here)
    with pytest.raises(KeyboardInterrupt):
        computer.up(make)
    assert computer.done == ["down", "down"]
    assert not here.ready.exists()


def test_nothing_to_take_down_is_said(here: Place) -> None:
    said: list[str] = []
    lifecycle.down(here, lambda: False, lambda: said.append("nothing"))
    lifecycle.down(here, lambda: True, lambda: said.append("wrong"))
    assert said == ["nothing"]


def test_down_waits_its_turn(here: Place) -> None:
    computer = Computer(here)
    with one_at_a_time(here.lock), pytest.raises(RehearsalError, match="Another command"):
        lifecycle.down(here, computer.take_down, lambda: None)
    assert computer.done == []


def test_results_come_in_the_order_of_the_things_and_several_are_done_at_once() -> None:
    both = threading.Barrier(2, timeout=60)

    def square(number: int) -> int:
        both.wait()
        return number**2

    assert lifecycle.side_by_side(square, [3, 1, 2, 4], at_once=2) == [9, 1, 4, 16]


def test_after_an_error_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def fail(number: int) -> None:
        begun.append(number)
        raise RehearsalError("no")

    with pytest.raises(RehearsalError, match="no"):
        lifecycle.side_by_side(fail, range(1000), at_once=1)
    assert len(begun) < 1000


def test_what_runs_beside_an_error_is_told_to_give_up() -> None:
    given_up = threading.Event()

    def fail_or_wait(number: int) -> bool:
        if number == 0:
            raise RehearsalError("no")
        return given_up.wait(30)

    with pytest.raises(RehearsalError, match="no"):
        lifecycle.side_by_side(fail_or_wait, range(2), at_once=2, given_up=given_up)
    assert given_up.is_set()


def test_what_is_left_is_counted_down() -> None:
    said: list[str] = []
    remaining = lifecycle.Remaining(2, said.append)
    remaining.done("pi02 is up")
    remaining.done("pi01 is up")
    assert said == ["pi02 is up; 1 left.", "pi01 is up; 0 left."]


def test_the_logs_of_what_failed_are_kept_together_and_a_missing_one_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "console").write_text("kernel")
    (tmp_path / "qemu").write_text("words")
    kept = lifecycle.keep_log(tmp_path / "kept", tmp_path / "qemu", tmp_path / "none", tmp_path / "console")
    assert kept.read_text() == "words\nkernel"


def test_a_board_is_tried_until_it_answers(tmp_path: Path) -> None:
    waited: list[float] = []

    def see(waited_s: float) -> None:
        waited.append(waited_s)
        (tmp_path / "answers").touch()

    reach.wait_for(["test", "-e", str(tmp_path / "answers")], see, pause_s=0)
    assert len(waited) == 1


def test_whoever_looks_on_may_give_up() -> None:
    def see(_waited_s: float) -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        reach.wait_for(["false"], see, pause_s=0)
