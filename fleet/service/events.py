"""What an agent can write into its journal: a class for each event, which says in a sentence what it means."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fleet.boards.agent_words import known
from fleet.gate import Sentence, Text  # noqa: TC001 (msgspec looks them up)
from fleet.i18n import lazy

MOST_CIRCLES = 3
# Pixels, milliseconds and seconds that an agent can mean.
Amount = Annotated[float, Meta(ge=-1e9, le=1e9)]
Count = Annotated[int, Meta(ge=0, le=10**12)]


class Event(msgspec.Struct, tag_field="event"):
    """A line of the agent: each class is an event, and says what it means."""

    def sentence(self) -> str:
        """Say it; NotImplementedError where an event has no sentence."""
        raise NotImplementedError


class Started(Event, tag="started"):
    """It begins."""

    source: Text
    detector: Text
    why: Sentence
    detector_why: Sentence = ""

    def sentence(self) -> str:
        """Say it."""
        return lazy(
            "Started: frames from {source} ({why}), circles by {detector}.{remark}",
            source=self.source,
            why=known(self.why),
            detector=self.detector,
            remark=f" {self.detector_why}" if self.detector_why else "",
        )


class CameraChosen(Event, tag="camera-chosen"):
    """It takes another camera than before."""

    source: Text
    why: Sentence

    def sentence(self) -> str:
        """Say it."""
        return lazy("Frames now from {source} ({why}).", source=self.source, why=known(self.why))


class Circle(msgspec.Struct):
    """A circle in a frame."""

    x_px: Amount
    y_px: Amount
    r_px: Amount


class Sighting(Event, tag="sighting"):
    """Circles were found."""

    circles: Annotated[list[Circle], Meta(max_length=64)]
    frame_age_ms: Amount

    def sentence(self) -> str:
        """Say it."""
        count, more = len(self.circles), len(self.circles) - MOST_CIRCLES
        shown = ", ".join(
            f"x {each.x_px:.0f} y {each.y_px:.0f} r {each.r_px:.0f} px" for each in self.circles[:MOST_CIRCLES]
        )
        return lazy(
            "{circles}: {shown}; {age_ms:.0f} ms after the frame came.",
            circles=lazy("1 circle") if count == 1 else lazy("{count} circles", count=count),
            shown=lazy("{shown}, {count} more", shown=shown, count=more) if more > 0 else shown,
            age_ms=self.frame_age_ms,
        )


class LedOn(Event, tag="led-on"):
    """The LED lights."""

    frame_age_ms: Amount

    def sentence(self) -> str:
        """Say it."""
        return lazy("LED on, {age_ms:.0f} ms after the frame came.", age_ms=self.frame_age_ms)


class LedOff(Event, tag="led-off"):
    """The LED is dark."""

    why: Sentence

    def sentence(self) -> str:
        """Say it."""
        return lazy("LED off: {why}.", why=known(self.why))


class Blink(Event, tag="blink"):
    """The LED flashes, for its desk to be found."""

    lasting_s: Amount

    def sentence(self) -> str:
        """Say it."""
        return lazy("The LED flashes for {lasting_s:g} s.", lasting_s=self.lasting_s)


class Fault(Event, tag="camera-lost"):
    """It cannot see."""

    message: Sentence

    def sentence(self) -> str:
        """Say it."""
        return lazy("Sees nothing: {why}", why=known(self.message))


class DetectionFault(Fault, tag="detection-lost"):
    """It cannot look for circles."""


class Back(Event, tag="camera-back"):
    """It sees again."""

    def sentence(self) -> str:
        """Say it."""
        return lazy("Sees again.")


class DetectionBack(Back, tag="detection-back"):
    """It looks for circles again."""


class PictureSkipped(Event, tag="picture-skipped"):
    """One of several pictures cannot be used."""

    message: Sentence

    def sentence(self) -> str:
        """Say it."""
        return lazy("Stepped over: {why}", why=known(self.message))


class NobodyCanLookIn(Event, tag="nobody-can-look-in"):
    """It has no socket."""

    message: Sentence

    def sentence(self) -> str:
        """Say it."""
        return self.message


class Stopped(Event, tag="stopped"):
    """It ended."""

    why: Sentence
    frames: Count
    frames_with_circles: Count
    blind_times: Count

    def sentence(self) -> str:
        """Say it."""
        return lazy(
            "Stopped: {why}; {frames} frames, {with_circles} with circles{blind}.",
            why=known(self.why),
            frames=self.frames,
            with_circles=self.frames_with_circles,
            blind=lazy(", {times} times blind", times=self.blind_times) if self.blind_times else "",
        )


Events = (
    Started
    | CameraChosen
    | Sighting
    | LedOn
    | LedOff
    | Blink
    | Fault
    | DetectionFault
    | Back
    | DetectionBack
    | PictureSkipped
    | NobodyCanLookIn
    | Stopped
)
