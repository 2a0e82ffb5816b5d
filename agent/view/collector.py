"""Puts together what the loop counts and what the board measures."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Callable

from agent.board import sensors
from agent.board.paths import HERE, Paths
from agent.view.status import AgentStatus

if TYPE_CHECKING:
    from agent.loop.circle import CircleLoop
    from agent.loop.controller import LedController


class Collector:
    """Asks only when somebody looks in; the loop does nothing for it."""

    def __init__(
        self, source: Callable[[], str], detector: str, loop: CircleLoop, controller: LedController, paths: Paths = HERE
    ) -> None:
        self._source, self._detector, self._loop, self._controller = source, detector, loop, controller
        self._paths = paths
        self._started_s = time.monotonic()

    def status(self) -> AgentStatus:
        """Return one moment."""
        controller, counted = self._controller, self._controller.counters
        temperature_mc = sensors.temperature_mc(self._paths.thermal)
        return AgentStatus(
            status=controller.status(),
            source=self._source(),
            detector=self._detector,
            sees=controller.sees,
            lit=controller.lit,
            uptime_s=round(time.monotonic() - self._started_s, 1),
            frames=counted.frames,
            frames_skipped=self._loop.skipped,
            frames_with_circles=counted.frames_with_circles,
            circles=counted.circles,
            fps=round(counted.fps(), 2),
            led_changes=counted.led_changes,
            blind_times=counted.blind_times,
            age_ms=counted.age_ms,
            led_age_ms=counted.led_age_ms,
            detect_ms=counted.detect_ms,
            temperature_c=None if temperature_mc is None else temperature_mc / 1000,
            throttled=sensors.throttled(self._paths.sys),
        )
