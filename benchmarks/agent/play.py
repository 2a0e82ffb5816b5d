"""Plays one loop in a process of its own and prints what it cost, as one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import CameraError
from benchmarks.agent.loops import LOOPS, MeasuringLed
from benchmarks.agent.sources import open_frames

if TYPE_CHECKING:
    from benchmarks.agent.sources import Exposed, ExposedFrames


class Metered:
    """Frames, and the time and the processor time since the first of them: a start is not what is compared."""

    def __init__(self, frames: ExposedFrames) -> None:
        self._frames = frames
        self._began_s = self._began_cpu_s = 0.0

    def read(self) -> Exposed | None:
        """Wait for the next frame."""
        frame = self._frames.read()
        if not self._began_s:
            self._began_s, self._began_cpu_s = time.monotonic(), time.process_time()
        return frame

    def close(self) -> None:
        """Leave the camera to others."""
        self._frames.close()

    def cost_s(self) -> tuple[float, float]:
        """Return the time and the processor time of all threads so far."""
        return time.monotonic() - self._began_s, time.process_time() - self._began_cpu_s


def main(loop: str, source: str, rounds: str) -> None:
    """Play it."""
    led, frames = MeasuringLed(), Metered(_opened(source, int(rounds)))
    try:
        seen = LOOPS[loop](frames, led)
        wall_s, cpu_s = frames.cost_s()
    finally:
        frames.close()
    cost = {"frames": seen, "ages_ms": led.ages_ms, "wall_s": wall_s, "cpu_s": cpu_s, "peak_kib": _peak_kib()}
    sys.stdout.write(json.dumps(cost) + "\n")


def _opened(source: str, rounds: int) -> ExposedFrames:
    try:
        return open_frames(source, rounds)
    except CameraError as error:
        raise SystemExit(str(error)) from None


def _peak_kib() -> int:
    """Return the peak of this program's memory; getrusage would count what started it, too."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
