from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from fleet.boards import awake
from fleet.boards.awake import LOOK_S, AwakeClock, Countdown

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT_S = 10.0


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
    monkeypatch.setattr(awake, "CLOCK", AwakeClock())
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


def ends(hand: Hand, countdown: Countdown, *steps_s: float) -> list[bool]:
    """Return whether it is over after each of these steps."""
    found = []
    for step_s in steps_s:
        hand.now_s += step_s
        found.append(countdown.is_over)
    return found


def test_what_never_happens_is_given_up_after_the_limit(hand: Hand) -> None:
    countdown = Countdown(LIMIT_S)
    assert not any(ends(hand, countdown, *[0.25] * 39))
    assert ends(hand, countdown, 0.25) == [True]


def test_time_in_which_this_computer_stood_still_does_not_count(hand: Hand) -> None:
    assert not any(ends(hand, Countdown(LIMIT_S), 15, 0.2, 3600, 0.2))


def test_a_computer_that_is_always_late_gives_up_after_so_many_looks(hand: Hand) -> None:
    looks = ends(hand, Countdown(LIMIT_S), *[5] * 60)
    assert not any(looks[: round(LIMIT_S / LOOK_S) - 1])
    assert looks[-1]


def test_what_has_come_begins_it_anew(hand: Hand) -> None:
    countdown = Countdown(LIMIT_S)
    assert not any(ends(hand, countdown, *[0.3] * 30))
    countdown.restart()
    assert not any(ends(hand, countdown, *[0.3] * 30))
