from __future__ import annotations

import pytest

from agent.loop.debounce import Debounce
from agent.loop.histogram import Histogram
from agent.loop.led_timer import FLASH_S, LedTimer
from agent.loop.messages import Blink
from agent.settings.config import LedConfig
from tests.unit.agent_parts import ControllerRig, RememberingLed


def test_with_2_of_3_one_frame_with_circles_is_not_enough() -> None:
    debounce = Debounce(2, 3)
    frames = [True, False, False, True, True, False, True, False]
    assert [debounce.counts(found=found) for found in frames] == [False, False, False, False, True, False, True, False]


def test_1_of_1_counts_every_frame_with_circles() -> None:
    debounce = Debounce()
    assert [debounce.counts(found=found) for found in (True, False, True)] == [True, False, True]


def test_what_was_seen_before_a_loss_does_not_count_after_it() -> None:
    rig = ControllerRig(debounce=Debounce(2, 2))
    rig.see(1)
    rig.lose_camera()
    rig.clock.now_s += 1
    rig.see(1)
    assert not rig.led.lit
    rig.see(1)
    assert rig.led.lit


def test_every_frame_has_its_age_measured_and_those_that_light_the_led_apart() -> None:
    rig = ControllerRig()
    for circles in (0, 1, 1, 0):
        rig.see(circles)
    counters = rig.controller.counters
    assert [each.up_to()[-1] for each in (counters.age_ms, counters.led_age_ms, counters.detect_ms)] == [4, 1, 4]
    assert (counters.frames, counters.circles, counters.led_changes) == (4, 2, 1)


def test_a_histogram_counts_what_is_no_greater_than_each_limit() -> None:
    histogram = Histogram((1.0, 10.0))
    for value in (0.5, 1.0, 1.1, 10.0, 11.0):
        histogram.add(value)
    assert histogram.up_to() == [2, 4, 5]
    assert histogram.greatest == 11.0
    assert histogram.sum == pytest.approx(23.6)


def test_flashing_goes_over_what_circles_ask_for_and_ends_with_it() -> None:
    led = RememberingLed()
    timer = LedTimer(led, 3.0)
    timer.flash(0.0, 1.0)
    assert led.lit
    timer.hold(0.1)
    now_s = 0.0
    for _ in range(4):
        now_s += timer.left_s(now_s)
        timer.tick(now_s)
    assert now_s > 1.0 - FLASH_S
    assert led.changes.count("off") >= 2
    assert led.lit
    assert timer.lit


def test_an_agent_that_ends_while_it_flashes_leaves_the_led_dark() -> None:
    rig = ControllerRig()
    rig.controller.hear(Blink(10.0))
    assert rig.led.lit
    rig.controller.stop("SIGTERM was received")
    assert not rig.led.lit


def test_the_usual_led_is_not_debounced() -> None:
    assert (LedConfig().seen, LedConfig().of) == (1, 1)
