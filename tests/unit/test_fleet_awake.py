from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from fleet.boards import awake
from fleet.boards.awake import LOOK_S, AwakeClock

if TYPE_CHECKING:
    from collections.abc import Callable


class Watch:
    """Stands for the thread, which then looks when the test says so."""

    def __init__(self, target: Callable[[], None], *, daemon: bool) -> None:
        assert callable(target)
        assert daemon

    def start(self) -> None:
        pass


class Hand:
    """Time that is moved by hand."""

    now_s = 100.0


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    one = Hand()
    monkeypatch.setattr(awake, "Thread", Watch)
    monkeypatch.setattr("fleet.boards.awake.time.monotonic", lambda: one.now_s)
    return one


def passes(hand: Hand, clock: AwakeClock, *steps_s: float) -> float:
    """Return how much time passes by the clock in these steps, with a look after each."""
    began_s = now_s = clock.now_s()
    for step_s in steps_s:
        hand.now_s += step_s
        now_s = clock.now_s()
    return now_s - began_s


def test_it_goes_like_any_clock_while_this_computer_is_awake(hand: Hand) -> None:
    clock = AwakeClock()
    assert passes(hand, clock, *[LOOK_S] * 50) == pytest.approx(50 * LOOK_S)
    assert clock.stalled_s() == 0


def test_a_look_that_comes_late_counts_as_one(hand: Hand) -> None:
    clock = AwakeClock()
    assert passes(hand, clock, LOOK_S, 3600, LOOK_S, 15, LOOK_S) == pytest.approx(5 * LOOK_S)
    assert clock.stalled_s() == pytest.approx(3600 + 15 - 2 * LOOK_S)


def test_nobody_has_stood_still_before_anybody_asked(hand: Hand) -> None:
    clock = AwakeClock()
    hand.now_s += 3600
    assert clock.stalled_s() == 0


def test_it_is_looked_at_all_the_time_once_somebody_asked() -> None:
    clock = AwakeClock()
    clock.now_s()
    looked_s = clock._looked_s
    limit_s = time.monotonic() + 60
    while clock._looked_s == looked_s and time.monotonic() < limit_s:
        time.sleep(LOOK_S)
    assert clock._looked_s > looked_s
