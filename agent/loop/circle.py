"""The loop itself: hears its threads, lets the controller decide, and tells the manager that it still turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Callable

from agent.backoff import Backoff
from agent.errors import SpentError
from agent.loop.latest import Latest
from agent.loop.messages import Blind, Crashed, Message, Sight, TimedFrame
from agent.loop.workers import Capture, Detection, thread

if TYPE_CHECKING:
    from threading import Event, Thread

    from agent.loop.controller import LedController
    from agent.loop.inbox import Inbox
    from agent.ports import Circles, Clock, Detector, FrameSource, Grey, Manager, Show

# The loop turns at least so often, also when nothing happens: the manager wants to hear from it.
TURN_S = 0.5
HANGS = "The driver of the camera does not come back, so the agent ends, to be started anew; check the camera's cable."
# Two threads, one after the other, within the 2 s in which the agent promises to end.
JOIN_LIMIT_S = 0.5


def show_nobody(grey: Grey, circles: Circles) -> None:
    """Keep no picture of what the camera sees."""


@dataclass(frozen=True)
class LoopOptions:
    """How the loop goes about it."""

    # Before the camera is opened for the first time.
    first_pause_s: float = 0.0
    # Whether every frame is looked at, the source waiting for it; a camera cannot wait.
    every_frame: bool = False


@dataclass(frozen=True)
class Parts:
    """What the loop works with."""

    open_source: Callable[[], FrameSource]
    detector: Detector
    controller: LedController
    manager: Manager
    inbox: Inbox
    stop: Event
    clock: Clock
    show: Show = show_nobody
    options: LoopOptions = field(default_factory=LoopOptions)


class CircleLoop:
    """Camera to circles to LED, until the inbox says that it ends."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._frames: Latest[TimedFrame] = Latest(waits=parts.options.every_frame)
        post = parts.inbox.put
        self._capture = Capture(parts.open_source, self._frames, post, parts.clock, parts.stop)
        self._detection = Detection(parts.detector, self._frames, post, parts.clock, parts.show)
        self._threads = [
            thread("capture", partial(self._capture.work, Backoff(), parts.options.first_pause_s), post),
            thread("detection", partial(self._detection.work, Backoff(), parts.stop.wait), post),
        ]
        self._status = ""

    def run(self) -> None:
        """Go on until it ends; the LED is dark and the camera released when this returns."""
        why = "failed"
        try:
            self._start()
            why = self._turn_until_ended()
        finally:
            self._end(why)

    @property
    def skipped(self) -> int:
        """How many frames were never looked at, because a newer one had come."""
        return self._frames.dropped

    def turn(self, message: Message | None) -> None:
        """Do what is due, with a message or without one."""
        controller, now_s = self._parts.controller, self._parts.clock()
        if message is not None:
            controller.hear(message)
        if stalls_s := self._capture.stalls_s(now_s):
            controller.go_blind(Blind("camera", f"The camera has given no frame for {stalls_s:g} s.", now_s))
        if self._capture.hangs(now_s):
            # A call into a driver cannot be broken off, only left behind with the whole process.
            controller.hear(Crashed(SpentError(HANGS)))
        controller.tick()
        self._report(now_s, progress=isinstance(message, Sight))

    def _start(self) -> None:
        for each in self._threads:
            each.start()
        self._parts.manager.ready()

    def _turn_until_ended(self) -> str:
        controller = self._parts.controller
        while controller.ended is None:
            self.turn(self._parts.inbox.next(min(TURN_S, controller.patience_s())))
        return controller.ended

    def _report(self, now_s: float, *, progress: bool) -> None:
        if progress or not self._detection.looking:  # the manager starts an agent anew that says so no more
            self._parts.manager.alive(now_s)
        status = self._parts.controller.status()
        if status != self._status:
            self._status = status
            self._parts.manager.status(status)

    def _end(self, why: str) -> None:
        self._parts.manager.status(f"Ended: {why}")
        self._parts.manager.stopping()
        self._parts.stop.set()
        self._frames.close()
        self._parts.controller.stop(why)
        self._parts.controller.close(frames_skipped=self.skipped, left_behind=_join(self._threads))


def _join(threads: list[Thread]) -> list[str]:
    """Wait for each thread, but not for ever; return the names of those that a driver holds."""
    for each in threads:
        if each.ident is not None:  # the system may have refused to start it
            each.join(JOIN_LIMIT_S)
    return [each.name for each in threads if each.is_alive()]
