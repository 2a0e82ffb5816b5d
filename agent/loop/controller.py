"""What the loop makes of what it hears: lights the LED, counts, and writes the event log. No threads, no waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.loop.counters import Counters
from agent.loop.debounce import Debounce
from agent.loop.messages import Blind, Blink, Ended, Message, Sight

if TYPE_CHECKING:
    from agent.loop.led_timer import LedTimer
    from agent.ports import Circles, Clock, Tell

# While circles stay, the event log gets no more than one line in this time, however fast the camera is.
SIGHTING_EVERY_S = 1.0


class LedController:
    """Hears messages one by one; `ended` is the reason to stop as soon as there is one."""

    def __init__(
        self,
        light: LedTimer,
        tell: Tell,
        clock: Clock,
        most_frames: int | None = None,
        steady: Debounce | None = None,
    ) -> None:
        self._light, self._tell, self._clock = light, tell, clock
        self._steady = steady or Debounce()
        self._most_frames = most_frames
        self._blind: Blind | None = None
        self._next_line_s = float("-inf")
        self.counters = Counters()
        self.ended: str | None = None

    def hear(self, message: Message) -> None:
        """Act on one message."""
        if isinstance(message, Sight):
            self._sight(message)
        elif isinstance(message, Blind):
            self.go_blind(message)
        elif isinstance(message, Blink):
            self._blink(message)
        elif isinstance(message, Ended):
            self.ended = self.ended or message.why
        else:
            raise message.error

    def tick(self) -> None:
        """Darken the LED when its time is over."""
        if self._light.tick(self._clock()):
            self.counters.led_changes += 1
            self._tell("led-off", why="no circles any more")

    def go_blind(self, blind: Blind) -> None:
        """Darken the LED until a newer frame was looked at; told once, not for every vain try."""
        if self._blind is not None:
            return
        self._blind = blind
        self.counters.blind_times += 1
        self._steady.forget()
        self._darken(f"{blind.part} lost")
        self._tell(f"{blind.part}-lost", message=blind.reason)

    def stop(self, why: str) -> None:
        """Darken the LED for good."""
        self.ended = why
        if self._light.stop():
            self._tell("led-off", why="stopping")

    def close(self, **facts: Any) -> None:  # noqa: ANN401 -- whatever JSON can hold
        """Write the last line."""
        self._tell("stopped", why=self.ended, **self.counters.told(), **facts)

    def status(self) -> str:
        """Return in words what is seen now."""
        if self._blind is not None:
            return f"Sees nothing: {self._blind.reason}"
        return "Circles in sight, LED on" if self._light.lit else "No circles in sight, LED off"

    @property
    def lit(self) -> bool:
        """Tell whether circles light the LED now."""
        return self._light.lit

    @property
    def sees(self) -> bool:
        """Tell whether frames of now are looked at."""
        return self._blind is None

    def patience_s(self) -> float:
        """Return how long nothing needs to be done if no message comes."""
        return self._light.left_s(self._clock())

    def _sight(self, sight: Sight) -> None:
        self.counters.note(sight.taken_s, sight.detect_s, len(sight.circles))
        if self._sees(sight):
            found = len(sight.circles) > 0
            changed = self._steady.counts(found=found) and self._light.hold(self._clock())
            self._measure(sight, found=found, changed=changed)
        if self.counters.frames == self._most_frames:
            self.ended = self.ended or f"{self._most_frames} frames were asked for"

    def _measure(self, sight: Sight, *, found: bool, changed: bool) -> None:
        """Take the frame's age at this moment, the LED being what the frame made of it; write what is to be told."""
        now_s = self._clock()
        age_ms = _ms(now_s - sight.taken_s)
        self.counters.age_ms.add(age_ms)
        if changed:
            self.counters.led_changes += 1
            self.counters.led_age_ms.add(age_ms)
            self._tell("led-on", frame_age_ms=age_ms)
        if found:
            self._found(sight, now_s, age_ms)

    def _sees(self, sight: Sight) -> bool:
        """Tell whether this frame counts; one from before the camera was lost does not."""
        if self._blind is not None and sight.taken_s > self._blind.since_s:
            self._tell(f"{self._blind.part}-back")
            self._blind = None
        return self._blind is None

    def _found(self, sight: Sight, now_s: float, age_ms: float) -> None:
        self.counters.frames_with_circles += 1
        if now_s >= self._next_line_s:
            self._next_line_s = now_s + SIGHTING_EVERY_S
            self.counters.sightings += 1
            self._tell("sighting", circles=named(sight.circles), frame_age_ms=age_ms, detect_ms=_ms(sight.detect_s))

    def _blink(self, blink: Blink) -> None:
        self._tell("blink", lasting_s=blink.lasting_s)
        self._light.flash(self._clock(), blink.lasting_s)

    def _darken(self, why: str) -> None:
        if self._light.off():
            self.counters.led_changes += 1
            self._tell("led-off", why=why)


def named(circles: Circles) -> list[dict[str, float]]:
    """Return the circles in words that JSON can hold."""
    return [dict(zip(("x_px", "y_px", "r_px"), (round(float(value), 1) for value in row))) for row in circles]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
