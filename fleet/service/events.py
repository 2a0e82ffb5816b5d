"""What an agent can write into its journal: a class for each event, which says in a sentence what it means."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fleet.gate import Sentence, Text  # noqa: TC001 (msgspec looks them up)

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
        remark = f" {self.detector_why}" if self.detector_why else ""
        return f"Started: frames from {self.source} ({self.why}), circles by {self.detector}.{remark}"


class CameraChosen(Event, tag="camera-chosen"):
    """It takes another camera than before."""

    source: Text
    why: Sentence

    def sentence(self) -> str:
        """Say it."""
        return f"Frames now from {self.source} ({self.why})."


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
        shown = [f"x {each.x_px:.0f} y {each.y_px:.0f} r {each.r_px:.0f} px" for each in self.circles[:MOST_CIRCLES]]
        more = [f"{len(self.circles) - MOST_CIRCLES} more"] if len(self.circles) > MOST_CIRCLES else []
        count = f"{len(self.circles)} circle{'' if len(self.circles) == 1 else 's'}"
        return f"{count}: {', '.join(shown + more)}; {self.frame_age_ms:.0f} ms after the frame came."


class LedOn(Event, tag="led-on"):
    """The LED lights."""

    frame_age_ms: Amount

    def sentence(self) -> str:
        """Say it."""
        return f"LED on, {self.frame_age_ms:.0f} ms after the frame came."


class LedOff(Event, tag="led-off"):
    """The LED is dark."""

    why: Sentence

    def sentence(self) -> str:
        """Say it."""
        return f"LED off: {self.why}."


class Blink(Event, tag="blink"):
    """The LED flashes, for its desk to be found."""

    lasting_s: Amount

    def sentence(self) -> str:
        """Say it."""
        return f"The LED flashes for {self.lasting_s:g} s."


class Fault(Event, tag="camera-lost"):
    """It cannot see."""

    message: Sentence

    def sentence(self) -> str:
        """Say it."""
        return f"Sees nothing: {self.message}"


class DetectionFault(Fault, tag="detection-lost"):
    """It cannot look for circles."""


class Back(Event, tag="camera-back"):
    """It sees again."""

    def sentence(self) -> str:
        """Say it."""
        return "Sees again."


class DetectionBack(Back, tag="detection-back"):
    """It looks for circles again."""


class PictureSkipped(Event, tag="picture-skipped"):
    """One of several pictures cannot be used."""

    message: Sentence

    def sentence(self) -> str:
        """Say it."""
        return f"Stepped over: {self.message}"


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
        blind = f", {self.blind_times} times blind" if self.blind_times else ""
        return f"Stopped: {self.why}; {self.frames} frames, {self.frames_with_circles} with circles{blind}."


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
