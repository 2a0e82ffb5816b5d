"""The board while a program runs: looked at so seldom that the looking does not show in the result."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Callable

from agent.bench.moment import cost_ns
from agent.board import firmware, sensors

if TYPE_CHECKING:
    from agent.board.paths import Paths

# Files of the kernel are read soon and often; the firmware is asked by starting a program.
FILES_EVERY_S = 0.1
FIRMWARE_EVERY_S = 0.5
# Both together stay below a two-hundredth of one core.
MOST_SHARE = 0.002
NS_PER_S = 1e9


class SamplingRate:
    """When to look next: after the least pause, or a longer one if the last look was dear."""

    def __init__(self, least_s: float) -> None:
        self._pause_s = least_s
        self._least_s = least_s
        self.due_s = 0.0

    def begin(self, now_s: float) -> None:
        """Begin with a pause."""
        self.due_s = now_s + self._pause_s

    def looked(self, now_s: float, cost_ns: int) -> None:
        """Take in what a look cost."""
        self._pause_s = max(self._least_s, cost_ns / NS_PER_S / MOST_SHARE)
        self.begin(now_s)


@dataclass
class Series:
    """What was seen, look by look; the same place in each list is the same moment, and None is unknown or unasked."""

    at_ms: list[int] = field(default_factory=list)
    clock_khz: list[int | None] = field(default_factory=list)
    temperature_mc: list[int | None] = field(default_factory=list)
    throttled: list[int | None] = field(default_factory=list)
    firmware_clock_khz: list[int | None] = field(default_factory=list)
    load: list[float] = field(default_factory=list)
    cost_ns: int = 0

    def as_json(self) -> dict[str, object]:
        """Return it as the records have it."""
        return asdict(self)


class Monitor:
    """Looks at one board beside one run after the other, and learns what a look costs there."""

    def __init__(self, paths: Paths, clock: Callable[[], float] = time.monotonic) -> None:
        self._paths = paths
        self._clock = clock
        self._files, self._firmware = SamplingRate(FILES_EVERY_S), SamplingRate(FIRMWARE_EVERY_S)
        self._start_s = 0.0
        self.seen = Series()

    def begin(self) -> None:
        """Begin with a run of which nothing has been seen yet."""
        self.seen = Series()
        self._start_s = self._clock()
        self._files.begin(self._start_s)
        self._firmware.begin(self._start_s)

    @property
    def pause_s(self) -> float:
        """How long not to look."""
        return max(0.0, self._files.due_s - self._clock())

    def look(self) -> None:
        """Look if it is time to."""
        now_s = self._clock()
        if now_s < self._files.due_s:
            return
        self.seen.at_ms.append(round((now_s - self._start_s) * 1000))
        self._files.looked(now_s, self._charged(self._read_files))
        if now_s < self._firmware.due_s:
            self.seen.throttled.append(None)
            self.seen.firmware_clock_khz.append(None)
        else:
            self._firmware.looked(now_s, self._charged(self._ask_firmware))

    def _charged(self, deed: Callable[[], None]) -> int:
        spent_ns = cost_ns(deed)
        self.seen.cost_ns += spent_ns
        return spent_ns

    def _read_files(self) -> None:
        self.seen.clock_khz.append(sensors.lowest_clock_khz(self._paths.cpufreq))
        self.seen.temperature_mc.append(sensors.temperature_mc(self._paths.thermal))
        self.seen.load.append(os.getloadavg()[0])

    def _ask_firmware(self) -> None:
        self.seen.throttled.append(firmware.throttled())
        self.seen.firmware_clock_khz.append(firmware.clock_khz())
