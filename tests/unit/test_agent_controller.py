from __future__ import annotations

import numpy as np
import pytest

from agent.loop.messages import Blind, Crashed, Ended, Sight
from tests.unit.agent_parts import HOLD_S, ControllerRig


def test_the_led_lights_at_the_first_circle_and_is_held_after_the_last() -> None:
    rig = ControllerRig()
    rig.see(1)
    assert rig.led.lit
    rig.clock.now_s += HOLD_S - 0.1
    rig.see(0)
    rig.controller.tick()
    assert rig.led.lit
    rig.clock.now_s += 0.1
    rig.controller.tick()
    assert rig.led.changes == ["on", "off"]
    assert rig.event_log.events() == ["led-on", "sighting", "led-off"]


def test_every_sight_holds_the_led_anew() -> None:
    rig = ControllerRig()
    for _ in range(5):
        rig.see(2)
        rig.clock.now_s += HOLD_S - 0.1
        rig.controller.tick()
    assert rig.led.changes == ["on"]


def test_the_loop_wakes_up_exactly_when_the_led_has_to_go_off() -> None:
    rig = ControllerRig()
    assert rig.controller.patience_s() == float("inf")
    rig.see(1)
    rig.clock.now_s += 1
    assert rig.controller.patience_s() == pytest.approx(HOLD_S - 1)


def test_while_circles_stay_the_event_log_gets_one_line_a_second() -> None:
    rig = ControllerRig()
    for _ in range(300):
        rig.see(1)
        rig.clock.now_s += 1 / 30
    assert rig.event_log.events().count("sighting") == 10
    assert rig.controller.counters.frames_with_circles == 300


def test_circles_that_flicker_do_not_fill_the_event_log() -> None:
    rig = ControllerRig()
    for frame in range(300):
        rig.see(frame % 2)
        rig.clock.now_s += 1 / 30
    assert rig.event_log.events().count("sighting") <= 10


def test_frames_without_circles_leave_no_line() -> None:
    rig = ControllerRig()
    for _ in range(100):
        rig.see(0)
    assert rig.event_log.lines == []
    assert rig.controller.counters.frames == 100


def test_a_sighting_tells_circles_age_and_detection_time() -> None:
    rig = ControllerRig()
    taken_s = rig.clock()
    rig.clock.now_s += 0.04
    rig.controller.hear(Sight(np.array([[320.04, 240, 79.96]], np.float32), taken_s, 0.0123))
    assert rig.event_log.lines[1] == {
        "event": "sighting",
        "circles": [{"x_px": 320.0, "y_px": 240.0, "r_px": 80.0}],
        "frame_age_ms": 40.0,
        "detect_ms": 12.3,
    }


def test_a_lost_camera_darkens_the_led_at_once() -> None:
    rig = ControllerRig()
    rig.see(1)
    rig.lose_camera()
    assert not rig.led.lit
    assert rig.event_log.events()[-2:] == ["led-off", "camera-lost"]
    assert rig.event_log.lines[-1]["message"] == "It was unplugged."


def test_vain_tries_to_open_the_camera_are_told_once() -> None:
    rig = ControllerRig()
    for _ in range(50):
        rig.lose_camera()
    assert rig.event_log.events() == ["camera-lost"]
    assert rig.controller.status() == "Sees nothing: It was unplugged."


def test_circles_in_a_frame_from_before_the_loss_do_not_light_the_led() -> None:
    rig = ControllerRig()
    before_s = rig.clock()
    rig.clock.now_s += 1
    rig.lose_camera()
    rig.controller.hear(Sight(np.full((1, 3), 50, np.float32), before_s, 0.9))
    assert not rig.led.lit
    assert rig.event_log.events() == ["camera-lost"]


def test_the_first_newer_frame_ends_the_blindness() -> None:
    rig = ControllerRig()
    rig.lose_camera()
    rig.clock.now_s += 1
    rig.see(1)
    assert rig.event_log.events() == ["camera-lost", "camera-back", "led-on", "sighting"]


def test_a_detector_that_refuses_frames_is_told_once_and_recovers() -> None:
    rig = ControllerRig()
    for _ in range(3):
        rig.clock.now_s += 1
        rig.controller.hear(Blind("detection", "A frame has the shape (0,).", rig.clock()))
    rig.clock.now_s += 1
    rig.see(0)
    assert rig.event_log.events() == ["detection-lost", "detection-back"]


def test_so_many_frames_as_were_asked_for_end_the_loop() -> None:
    rig = ControllerRig(most_frames=3)
    rig.see(0)
    rig.see(1)
    assert rig.controller.ended is None
    rig.see(0)
    assert rig.controller.ended == "3 frames were asked for"


def test_the_first_reason_to_end_is_the_one_that_is_told() -> None:
    rig = ControllerRig()
    rig.controller.hear(Ended("SIGTERM was received"))
    rig.controller.hear(Ended("there are no more frames"))
    assert rig.controller.ended == "SIGTERM was received"


def test_stopping_darkens_the_led_and_the_last_line_counts() -> None:
    rig = ControllerRig()
    rig.see(1)
    rig.see(0)
    rig.controller.stop("SIGINT was received")
    rig.controller.close(frames_skipped=7)
    assert not rig.led.lit
    assert rig.event_log.events()[-2:] == ["led-off", "stopped"]
    assert rig.event_log.lines[-1] == {
        "event": "stopped",
        "why": "SIGINT was received",
        "frames": 2,
        "frames_with_circles": 1,
        "sightings": 1,
        "blind_times": 0,
        "detect_ms_mean": 10.0,
        "detect_ms_max": 10.0,
        "frames_skipped": 7,
    }


def test_a_mistake_in_a_thread_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        ControllerRig().controller.hear(Crashed(ZeroDivisionError()))
