"""The loops that are compared, with an LED that notes how old the frame is whenever it lights because of it."""

from __future__ import annotations

import sys
import time
from threading import Event
from typing import TYPE_CHECKING

import numpy as np

from agent.loop.circle import CircleLoop, Parts
from agent.loop.controller import LedController
from agent.loop.inbox import Inbox
from agent.loop.led_timer import LedTimer
from agent.service.systemd import Systemd
from agent.settings.circles import CircleSettings

if TYPE_CHECKING:
    from agent.ports import Circles, Detector, Grey
    from benchmarks.agent.sources import ExposedFrames

HOLD_S = 3.0


class MeasuringLed:
    """Notes the age of the frame that was looked at last, each time it lights."""

    def __init__(self) -> None:
        self.exposed_s = 0.0
        self.ages_ms: list[float] = []
        self._lit = False

    def on(self) -> None:
        """Light it."""
        if not self._lit:
            self.ages_ms.append((time.monotonic() - self.exposed_s) * 1000)
        self._lit = True

    def off(self) -> None:
        """Darken it."""
        self._lit = False


def course(frames: ExposedFrames, led: MeasuringLed) -> int:
    """Play the course's loop (L8): off at the start of each frame, on and 3 s of sleep when there are circles."""
    import cv2  # noqa: PLC0415 -- only who uses it pays for it

    from agent.circles.course import CourseDetector  # noqa: PLC0415 -- the same

    detector, seen = CourseDetector(), 0
    while (frame := frames.read()) is not None:
        grey, led.exposed_s = frame
        led.off()
        seen += 1
        colours = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)  # OpenCV turns what a driver gives into colours
        if len(detector.detect(np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY), np.uint8))):
            led.on()
            time.sleep(HOLD_S)
    return seen


class AgentSource:
    """The frames as a source for the agent, and the detector's words on which of them it looks at."""

    def __init__(self, frames: ExposedFrames, detector: Detector, led: MeasuringLed) -> None:
        self._frames, self._detector, self._led = frames, detector, led
        self._exposed_s: dict[int, float] = {}

    def read(self) -> Grey | None:
        """Return the next frame."""
        frame = self._frames.read()
        if frame is None:
            return None
        self._exposed_s[id(frame[0])] = frame[1]
        return frame[0]

    def close(self) -> None:
        """Whoever opened the frames closes them."""

    def detect(self, grey: Grey) -> Circles:
        """Note which frame it is, and look for circles."""
        self._led.exposed_s = self._exposed_s[id(grey)]
        return self._detector.detect(grey)


def _tell_what_failed(event: str, **facts: object) -> None:
    """Write what the agent says of a camera that is lost or a detector that fails: the numbers then mean little."""
    if "message" in facts:
        sys.stderr.write(f"{event}: {facts['message']}\n")


def _agent(frames: ExposedFrames, led: MeasuringLed, detector: Detector) -> int:
    """Play the agent's loop, as it runs on a board, with one of its detectors."""
    stop = Event()
    source = AgentSource(frames, detector, led)
    controller = LedController(LedTimer(led, HOLD_S), _tell_what_failed, time.monotonic)
    CircleLoop(Parts(lambda: source, source, controller, Systemd({}), Inbox(stop), stop, time.monotonic)).run()
    return controller.counters.frames


def courses_detector(frames: ExposedFrames, led: MeasuringLed) -> int:
    """Play the agent's loop with the course's detector."""
    from agent.circles.course import CourseDetector  # noqa: PLC0415 -- only who uses it pays for it

    return _agent(frames, led, CourseDetector())


def agent(frames: ExposedFrames, led: MeasuringLed) -> int:
    """Play the agent's loop with its own detector."""
    from agent.circles.pilab import PilabDetector  # noqa: PLC0415 -- only who uses it pays for it

    return _agent(frames, led, PilabDetector(CircleSettings()))


LOOPS = {"course": course, "courses-detector": courses_detector, "agent": agent}
