"""The loop with its threads, on parts whose turn comes when the test says so."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import replace
from threading import Event, Thread
from typing import TYPE_CHECKING

import numpy as np
import pytest

from agent.board.paths import Paths
from agent.errors import CameraError, SpentError
from agent.loop.circle import CircleLoop, LoopOptions, Parts
from agent.loop.controller import LedController
from agent.loop.inbox import Inbox
from agent.loop.led_timer import LedTimer
from agent.loop.messages import Ended
from agent.view.collector import Collector
from tests.unit.agent_parts import (
    LIMIT_S,
    HandClock,
    NoCircles,
    RememberingEventLog,
    RememberingLed,
    RememberingManager,
    ScriptedSource,
    until,
)
from tests.unit.unhindered import Unhindered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.ports import Circles, Clock, Detector, FrameSource, Grey


class OneCircle:
    """A detector that finds a circle everywhere."""

    def detect(self, grey: Grey) -> Circles:  # noqa: ARG002 -- the port gives the frame
        return np.full((1, 3), 50, np.float32)


class LoopRig:
    """A loop with everything it uses."""

    def __init__(
        self,
        open_source: Callable[[], FrameSource],
        detector: Detector,
        clock: Clock = time.monotonic,
        options: LoopOptions | None = None,
    ) -> None:
        self.stop = Event()
        self.inbox = Inbox(self.stop)
        self.led, self.event_log, self.manager = RememberingLed(), RememberingEventLog(), RememberingManager()
        self.controller = LedController(LedTimer(self.led, 3.0), self.event_log, clock)
        parts = Parts(open_source, detector, self.controller, self.manager, self.inbox, self.stop, clock)
        self.loop = CircleLoop(replace(parts, options=options or LoopOptions()))

    def run_beside(self) -> Thread:
        running = Thread(target=self.loop.run, daemon=True)
        running.start()
        return running

    def end(self, running: Thread) -> None:
        self.inbox.put(Ended("the test is over"))
        running.join(LIMIT_S)
        assert not running.is_alive()


def test_a_slow_detector_gets_the_newest_frame_not_the_next_one() -> None:
    source = ScriptedSource(100)
    detector = NoCircles()
    busy, go_on = Event(), Event()

    class Slow:
        def detect(self, grey: Grey) -> Circles:
            busy.set()
            go_on.wait(LIMIT_S)
            return detector.detect(grey)

    source.before_second = lambda: busy.wait(LIMIT_S)
    rig = LoopRig(lambda: source, Slow())
    running = rig.run_beside()
    assert source.empty.wait(LIMIT_S)
    go_on.set()
    until(lambda: len(detector.seen) == 2)
    rig.end(running)
    assert detector.seen == [0, 99]
    assert rig.event_log.lines[-1]["frames_skipped"] == 98


def test_a_mistake_in_the_detector_darkens_the_led_is_told_once_and_ends_nothing() -> None:
    class Wrong:
        def detect(self, grey: Grey) -> Circles:
            if grey[0, 0] == 0:
                return np.full((1, 3), 50, np.float32)
            raise ZeroDivisionError("by zero")

    source = ScriptedSource(2)
    rig = LoopRig(lambda: source, Wrong())
    source.before_second = lambda: until(lambda: rig.led.lit)
    running = rig.run_beside()
    until(lambda: "detection-lost" in rig.event_log.events())
    assert rig.led.changes == ["on", "off"]
    assert rig.event_log.lines[-1]["message"] == "Looking for circles failed: ZeroDivisionError: by zero."
    rig.end(running)


def test_a_source_that_can_wait_loses_no_frame_to_a_slow_detector() -> None:
    detector = NoCircles()
    rig = LoopRig(lambda: ScriptedSource(50, ends=True), detector, options=LoopOptions(every_frame=True))
    rig.loop.run()
    assert detector.seen == list(range(50))
    assert rig.event_log.lines[-1]["frames_skipped"] == 0


def test_the_loop_ends_in_time_although_the_camera_never_answers() -> None:
    rig = LoopRig(lambda: ScriptedSource(0), OneCircle())
    running = rig.run_beside()
    lasted = Unhindered(os.getpid())
    rig.end(running)
    lasted.look()
    assert lasted.taken_s < 1.5
    assert rig.event_log.lines[-1]["left_behind"] in (["capture"], ["capture", "detection"])


def test_the_end_of_the_frames_is_the_end_of_the_loop_after_the_last_one_was_looked_at() -> None:
    source, detector = ScriptedSource(5, ends=True), NoCircles()
    rig = LoopRig(lambda: source, detector)
    rig.loop.run()
    assert detector.seen[-1] == 4
    assert source.closed
    assert rig.event_log.lines[-1]["why"] == "there are no more frames"
    assert rig.manager.heard[0] == "ready"
    assert "stopping" in rig.manager.heard


def test_a_camera_that_comes_back_is_opened_again() -> None:
    tries = iter(range(2))

    def opened() -> FrameSource:
        if next(tries) == 0:
            raise CameraError("It is not plugged in.")
        return ScriptedSource(1)

    rig = LoopRig(opened, OneCircle())
    running = rig.run_beside()
    until(lambda: rig.led.lit)
    rig.end(running)
    assert rig.event_log.events() == ["camera-lost", "camera-back", "led-on", "sighting", "led-off", "stopped"]


def test_the_manager_hears_nothing_while_the_detector_hangs() -> None:
    hanging = Event()

    class Hanging:
        def detect(self, grey: Grey) -> Circles:  # noqa: ARG002 -- the port gives the frame
            hanging.set()
            Event().wait()
            raise AssertionError

    rig = LoopRig(lambda: ScriptedSource(1), Hanging())
    rig.loop.turn(None)
    assert rig.manager.beats == 1
    running = rig.run_beside()
    assert hanging.wait(LIMIT_S)
    beats = rig.manager.beats
    for _ in range(5):
        rig.loop.turn(None)
    assert rig.manager.beats == beats
    rig.end(running)


def test_a_camera_that_hangs_darkens_the_led() -> None:
    clock = HandClock()
    source = ScriptedSource(1)
    rig = LoopRig(lambda: source, OneCircle(), clock)
    running = rig.run_beside()
    until(lambda: rig.led.lit and source.empty.is_set())
    clock.now_s += 5.1
    until(lambda: rig.event_log.events()[-1] == "camera-lost")
    assert not rig.led.lit
    rig.end(running)


def test_a_camera_that_hangs_for_long_ends_the_agent_with_a_sentence() -> None:
    clock = HandClock()
    source = ScriptedSource(0)
    rig = LoopRig(lambda: source, OneCircle(), clock)
    running = rig.run_beside()
    assert source.empty.wait(LIMIT_S)
    rig.end(running)
    beats = rig.manager.beats
    clock.now_s += 29
    rig.loop.turn(None)
    assert rig.manager.beats == beats + 1
    clock.now_s += 2
    with pytest.raises(SpentError, match="The driver of the camera does not come back"):
        rig.loop.turn(None)


def test_a_camera_whose_library_is_read_from_a_slow_card_is_not_told_as_lost() -> None:
    clock, opening, opened = HandClock(), Event(), Event()
    source = ScriptedSource(1)

    def open_slowly() -> ScriptedSource:
        opening.set()
        opened.wait(LIMIT_S)
        return source

    rig = LoopRig(open_slowly, OneCircle(), clock)
    running = rig.run_beside()
    assert opening.wait(LIMIT_S)
    clock.now_s += 29
    rig.loop.turn(None)
    assert "camera-lost" not in rig.event_log.events()
    clock.now_s += 2
    rig.loop.turn(None)
    assert rig.event_log.events()[-1] == "camera-lost"
    opened.set()
    rig.end(running)


def test_an_agent_without_descriptors_ends_and_tells_the_last_fault() -> None:
    def full() -> ScriptedSource:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    rig = LoopRig(full, OneCircle(), HandClock())
    with pytest.raises(SpentError, match=r"No more files can be opened.* the last fault was: .*Too many open files"):
        rig.loop.run()
    assert not rig.led.lit


def test_who_looks_in_is_told_warmth_and_throttling_where_the_kernel_has_them(tmp_path: Path) -> None:
    rig = LoopRig(lambda: ScriptedSource(0), NoCircles())
    collector = Collector(lambda: "rendered", "pilab", rig.loop, rig.controller, Paths(root=tmp_path))
    assert (collector.status().temperature_c, collector.status().throttled) == (None, None)
    zone = tmp_path / "sys/class/thermal/thermal_zone0"
    firmware = tmp_path / "sys/devices/platform/soc/soc:firmware"
    for folder in (zone, firmware):
        folder.mkdir(parents=True)
    (zone / "temp").write_text("48312\n")
    (firmware / "get_throttled").write_text("50005\n")
    assert (collector.status().temperature_c, collector.status().throttled) == (48.312, 0x50005)
