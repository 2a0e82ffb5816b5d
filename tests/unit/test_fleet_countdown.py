from __future__ import annotations

import pytest

from fleet.boards.countdown import Countdown

LIMIT_S, STEP_S = 10.0, 0.2


class Clock:
    """Time that is moved by hand."""

    now_s = 100.0

    def looks(self, countdown: Countdown, *after_s: float) -> list[bool]:
        found = []
        for each in after_s:
            self.now_s += each
            countdown.look()
            found.append(countdown.is_over)
        return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr("fleet.boards.countdown.time.monotonic", lambda: one.now_s)
    return one


def test_what_never_happens_is_given_up_after_the_limit(clock: Clock) -> None:
    countdown = Countdown(LIMIT_S, STEP_S)
    assert not any(clock.looks(countdown, *[0.25] * 39))
    assert clock.looks(countdown, 0.25) == [True]
    assert countdown.stalled_s == 0


def test_time_in_which_this_computer_stood_still_does_not_count(clock: Clock) -> None:
    countdown = Countdown(LIMIT_S, STEP_S)
    assert not any(clock.looks(countdown, 15, 0.2, 3600, 0.2))
    assert countdown.stalled_s == pytest.approx(15 + 3600 - 2 * STEP_S)


def test_a_computer_that_is_always_late_gives_up_after_so_many_looks(clock: Clock) -> None:
    looks = clock.looks(Countdown(LIMIT_S, STEP_S), *[5] * 60)
    assert not any(looks[: round(LIMIT_S / STEP_S) - 1])
    assert looks[-1]


def test_what_has_come_begins_it_anew(clock: Clock) -> None:
    countdown = Countdown(LIMIT_S, STEP_S)
    assert not any(clock.looks(countdown, *[0.3] * 30))
    countdown.restart()
    assert not any(clock.looks(countdown, *[0.3] * 30))
