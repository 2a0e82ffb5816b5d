"""What happened since the start, in numbers that others may read while the loop goes on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from agent.loop.histogram import Histogram

# The speed is that of the last so many frames.
SPEED_FRAMES = 64


@dataclass
class Counters:
    """Only the controller writes; each number is whole at any moment."""

    frames: int = 0
    frames_with_circles: int = 0
    circles: int = 0
    sightings: int = 0
    led_changes: int = 0
    blind_times: int = 0
    # From the frame's arrival to the decision about the LED: of every frame, and of those that changed it.
    age_ms: Histogram = field(default_factory=Histogram)
    led_age_ms: Histogram = field(default_factory=Histogram)
    detect_ms: Histogram = field(default_factory=Histogram)
    _taken_s: deque[float] = field(default_factory=lambda: deque(maxlen=SPEED_FRAMES))

    def note(self, taken_s: float, detect_s: float, circles: int) -> None:
        """Count a frame that was looked at."""
        self.frames += 1
        self.circles += circles
        self.detect_ms.add(detect_s * 1000)
        self._taken_s.append(taken_s)

    def fps(self) -> float:
        """Return how many frames a second were looked at lately."""
        taken_s = list(self._taken_s)
        lasted_s = taken_s[-1] - taken_s[0] if taken_s else 0.0
        return (len(taken_s) - 1) / lasted_s if lasted_s > 0 else 0.0

    def summary(self) -> dict[str, float]:
        """Return what the last line of the event log says."""
        return {
            "frames": self.frames,
            "frames_with_circles": self.frames_with_circles,
            "sightings": self.sightings,
            "blind_times": self.blind_times,
            "detect_ms_mean": round(self.detect_ms.sum / max(self.frames, 1), 3),
            "detect_ms_max": round(self.detect_ms.greatest, 3),
        }
