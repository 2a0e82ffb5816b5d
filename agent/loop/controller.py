"""What the loop makes of what it hears: lights the LED, counts, and writes the event log. No threads, no waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.loop.counters import Counters
from agent.loop.debounce import Debounce
from agent.loop.messages import Blind, Blink, Ended, Message, Sight, Skipped

if TYPE_CHECKING:
    from agent.loop.led_timer import LedTimer
    from agent.ports import Circles, Clock, EventSink

# While circles stay, the event log gets no more than one line in this time, however fast the camera is.
SIGHTING_EVERY_S = 1.0
MOST_TOLD = 20


class LedController:
    """Hears messages one by one; `ended` is the reason to stop as soon as there is one."""

    def __init__(
        self,
        timer: LedTimer,
        log_event: EventSink,
        clock: Clock,
        most_frames: int | None = None,
        debounce: Debounce | None = None,
    ) -> None:
        self._timer, self._log, self._clock = timer, log_event, clock
        self._debounce = debounce or Debounce()
        self._most_frames = most_frames
        self._blind: Blind | None = None
        self._next_line_s = float("-inf")
        self._told: set[str] = set()
        self.counters = Counters()
        self.ended: str | None = None

    def hear(self, message: Message) -> None:
        """Act on one message."""
        if isinstance(message, Sight):
            self._sight(message)
        elif isinstance(message, Blind):
            self.go_blind(message)
        elif isinstance(message, Skipped):
            self._skip(message)
        elif isinstance(message, Blink):
            self._blink(message)
        elif isinstance(message, Ended):
            self.ended = self.ended or message.why
        else:
            raise message.error

    def tick(self) -> None:
        """Darken the LED when its time is over."""
        if self._timer.tick(self._clock()):
            self.counters.led_changes += 1
            self._log("led-off", why="no circles any more")

    def go_blind(self, blind: Blind) -> None:
        """Darken the LED until a newer frame was looked at; told once, not for every vain try."""
        if self._blind is not None:
            return
        self._blind = blind
        self.counters.blind_times += 1
        self._debounce.forget()
        self._darken(f"{blind.part} lost")
        self._log(f"{blind.part}-lost", message=blind.reason)

    def stop(self, why: str) -> None:
        """Darken the LED for good."""
        self.ended = why
        if self._timer.stop():
            self._log("led-off", why="stopping")

    def close(self, **facts: Any) -> None:  # noqa: ANN401 -- whatever JSON can hold
        """Write the last line."""
        self._log("stopped", why=self.ended, **self.counters.summary(), **facts)

    def status(self) -> str:
        """Return in words what is seen now."""
        if self._blind is not None:
            return f"Sees nothing: {self._blind.reason}"
        return "Circles in sight, LED on" if self._timer.lit else "No circles in sight, LED off"

    @property
    def lit(self) -> bool:
        """Tell whether circles light the LED now."""
        return self._timer.lit

    @property
    def sees(self) -> bool:
        """Tell whether frames of now are looked at."""
        return self._blind is None

    def patience_s(self) -> float:
        """Return how long nothing needs to be done if no message comes."""
        return self._timer.left_s(self._clock())

    def _sight(self, sight: Sight) -> None:
        self.counters.note(sight.taken_s, sight.detect_s, len(sight.circles))
        if self._sees(sight):
            found = len(sight.circles) > 0
            changed = self._debounce.counts(found=found) and self._timer.hold(self._clock())
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
            self._log("led-on", frame_age_ms=age_ms)
        if found:
            self._found(sight, now_s, age_ms)

    def _sees(self, sight: Sight) -> bool:
        """Tell whether this frame counts; one from before the camera was lost does not."""
        if self._blind is not None and sight.taken_s > self._blind.since_s:
            self._log(f"{self._blind.part}-back")
            self._blind = None
        return self._blind is None

    def _found(self, sight: Sight, now_s: float, age_ms: float) -> None:
        self.counters.frames_with_circles += 1
        if now_s >= self._next_line_s:
            self._next_line_s = now_s + SIGHTING_EVERY_S
            self.counters.sightings += 1
            detect_ms = _ms(sight.detect_s)
            self._log("sighting", circles=circles_json(sight.circles), frame_age_ms=age_ms, detect_ms=detect_ms)

    def _skip(self, skipped: Skipped) -> None:
        """Tell it once, however often the pictures are played; of a whole folder of broken ones, the first are told."""
        if skipped.reason not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(skipped.reason)
            self._log("picture-skipped", message=skipped.reason)

    def _blink(self, blink: Blink) -> None:
        self._log("blink", lasting_s=blink.lasting_s)
        self._timer.flash(self._clock(), blink.lasting_s)

    def _darken(self, why: str) -> None:
        if self._timer.off():
            self.counters.led_changes += 1
            self._log("led-off", why=why)


def circles_json(circles: Circles) -> list[dict[str, float]]:
    """Return the circles in words that JSON can hold."""
    return [dict(zip(("x_px", "y_px", "r_px"), (round(float(value), 1) for value in row))) for row in circles]


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
