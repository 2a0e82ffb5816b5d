"""Small real parts for the tests of the agent: a clock moved by hand, an LED that remembers, drawn pictures."""

from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from agent.loop.controller import LedController
from agent.loop.led_timer import LedTimer
from agent.loop.messages import Blind, Sight

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.loop.debounce import Debounce
    from agent.ports import Circles, Grey

HOLD_S = 3.0
LIMIT_S = 60.0


class HandClock:
    """A clock that stands until it is moved; waiting moves it."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> bool:
        self.now_s += seconds
        return False


class RememberingLed:
    """An LED that remembers what was done to it."""

    def __init__(self) -> None:
        self.lit = False
        self.changes: list[str] = []

    def on(self) -> None:
        self.lit = True
        self.changes.append("on")

    def off(self) -> None:
        if self.lit:
            self.changes.append("off")
        self.lit = False


class RememberingEventLog:
    """An event log that can be asked."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def __call__(self, event: str, **facts: Any) -> None:  # noqa: ANN401 -- whatever JSON can hold
        self.lines.append({"event": event, **facts})

    def events(self) -> list[str]:
        return [line["event"] for line in self.lines]


class RememberingManager:
    """A service manager that counts what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.beats = 0

    def ready(self) -> None:
        self.heard.append("ready")

    def status(self, sentence: str) -> None:
        self.heard.append(sentence)

    def alive(self, now_s: float) -> None:  # noqa: ARG002 -- the port gives the time
        self.beats += 1

    def stopping(self) -> None:
        self.heard.append("stopping")


class ControllerRig:
    """A controller with everything it uses."""

    def __init__(self, most_frames: int | None = None, debounce: Debounce | None = None) -> None:
        self.clock = HandClock()
        self.led = RememberingLed()
        self.event_log = RememberingEventLog()
        self.controller = LedController(LedTimer(self.led, HOLD_S), self.event_log, self.clock, most_frames, debounce)

    def see(self, circles: int) -> None:
        """Let the controller hear of a frame of now."""
        self.controller.hear(Sight(np.full((circles, 3), 50, np.float32), self.clock(), 0.01))

    def lose_camera(self) -> None:
        self.controller.hear(Blind("camera", "It was unplugged.", self.clock()))


class ScriptedSource:
    """Gives grey frames whose pixels are their number; after the last one it hangs, or ends if it is told to."""

    def __init__(self, count: int, *, ends: bool = False) -> None:
        self._numbers = iter(range(count))
        self._ends = ends
        self.before_second: Callable[[], object] = bool
        self.empty = Event()
        self.closed = False

    def read(self) -> Grey | None:
        number = next(self._numbers, None)
        if number == 1:
            self.before_second()
        if number is not None:
            return np.full((4, 4), number, np.uint8)
        self.empty.set()
        if not self._ends:
            Event().wait()
        return None

    def close(self) -> None:
        self.closed = True


class NoCircles:
    """A detector that remembers which frames it saw."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def detect(self, grey: Grey) -> Circles:
        self.seen.append(int(grey[0, 0]))
        return np.empty((0, 3), np.float32)


def wall() -> Grey:
    return np.full((480, 640), 200, np.uint8)


def disc(x_px: int = 320, y_px: int = 240, r_px: int = 80) -> Grey:
    picture = wall()
    cv2.circle(picture, (x_px, y_px), r_px, 20, -1)
    return picture


def save(folder: Path, *pictures: Grey) -> Path:
    """Write pictures whose names are in order."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        cv2.imwrite(str(folder / f"{number:03}.png"), picture)
    return folder


def until(true: Callable[[], object]) -> None:
    """Wait for what another thread is about to do."""
    limit_s = time.monotonic() + LIMIT_S
    while not true():
        assert time.monotonic() < limit_s, "it never came true"
        time.sleep(0.001)
