"""What a program takes of energy, where the board can measure it: power asked now and then, and added up over time."""

from __future__ import annotations

import time
from itertools import chain
from typing import Callable

from agent.board import firmware

# The power chip of a Pi 5 measures all its rails in some milliseconds; asking starts a program.
LOOK_EVERY_S = 0.1
WHAT_IS_MEASURED = (
    "Energy is that of the board's own rails (vcgencmd pmic_read_adc), not of its plug: the watts are approximate, "
    "ratios on this board hold."
)
NO_METER = "Energy cannot be measured on this board: it has no chip that measures power, as a Raspberry Pi 5 has."


class EnergyMeter:
    """Watches the power of the board beside one run, at most ten times a second."""

    def __init__(
        self, power_w: Callable[[], float | None] = firmware.power_w, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._power_w = power_w
        self._clock = clock
        self._start_s = self._due_s = 0.0
        self._looks: list[tuple[float, float]] = []

    @property
    def looks(self) -> int:
        """How often the power was told."""
        return len(self._looks)

    def begin(self) -> None:
        """Begin with a run of which nothing has been seen yet."""
        self._looks = []
        self._start_s = self._clock()
        self._due_s = self._start_s + LOOK_EVERY_S

    @property
    def pause_s(self) -> float:
        """How long not to look."""
        return max(0.0, self._due_s - self._clock())

    def look(self) -> None:
        """Ask for the power if it is time to."""
        now_s = self._clock()
        if now_s < self._due_s:
            return
        power_w = self._power_w()
        if power_w is not None:
            self._looks.append((now_s - self._start_s, power_w))
        self._due_s = max(now_s + LOOK_EVERY_S, self._clock())

    def energy_j(self, wall_s: float) -> float | None:
        """Return the energy of a run that took so long; nothing if it was too short for a look."""
        return energy_j([look for look in self._looks if look[0] <= wall_s], wall_s)


def energy_j(looks: list[tuple[float, float]], wall_s: float) -> float | None:
    """Add power up over time by the trapezoidal rule, from looks as (seconds, watts).

    Before the first look and after the last one the power is taken for what it was then.
    """
    if not looks:
        return None
    ends = [(0.0, looks[0][1])], looks, [(wall_s, looks[-1][1])]
    points = list(chain(*ends))
    return sum((then[0] - now[0]) * (now[1] + then[1]) / 2 for now, then in zip(points, points[1:]))
