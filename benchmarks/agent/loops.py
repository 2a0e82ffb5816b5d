"""Both loops on the same frames: how old the frame is whenever the LED changes because of it."""

from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING

from agent.circles.course import CourseDetector
from agent.loop.circle import CircleLoop, Parts
from agent.loop.controller import LedController
from agent.loop.inbox import Inbox
from agent.loop.led_timer import LedTimer
from agent.service.systemd import Systemd

if TYPE_CHECKING:
    from agent.ports import Circles, Detector, Grey
    from benchmarks.agent.driver import Driver

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


def course(driver: Driver, led: MeasuringLed) -> int:
    """Play the course's loop (L8): off at the start of each frame, on and 3 s of sleep when there are circles."""
    detector, seen = CourseDetector(), 0
    driver.start()
    while (frame := driver.read()) is not None:
        grey, led.exposed_s = frame
        led.off()
        seen += 1
        if len(detector.detect(grey)):
            led.on()
            time.sleep(HOLD_S)
    return seen


class Exposed:
    """The driver as a source for the agent, and the detector's words on which frame it looks at."""

    def __init__(self, driver: Driver, detector: Detector, led: MeasuringLed) -> None:
        self._driver, self._detector, self._led = driver, detector, led
        self._exposed_s: dict[int, float] = {}

    def read(self) -> Grey | None:
        """Return the next frame, in memory of its own."""
        frame = self._driver.read()
        if frame is None:
            return None
        copy = frame[0].copy()
        self._exposed_s[id(copy)] = frame[1]
        return copy

    def close(self) -> None:
        """Nothing is held."""

    def detect(self, grey: Grey) -> Circles:
        """Note which frame it is, and look for circles."""
        self._led.exposed_s = self._exposed_s[id(grey)]
        return self._detector.detect(grey)


def agent(driver: Driver, led: MeasuringLed, detector: Detector) -> int:
    """Play the agent's loop, as it runs on a board, with one of its detectors."""
    stop = Event()
    exposed = Exposed(driver, detector, led)
    controller = LedController(LedTimer(led, HOLD_S), lambda *_, **__: None, time.monotonic)
    parts = Parts(lambda: exposed, exposed, controller, Systemd({}), Inbox(stop), stop, time.monotonic)
    driver.start()
    CircleLoop(parts).run()
    return controller.counters.frames
