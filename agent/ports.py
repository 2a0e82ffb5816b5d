"""What the circle loop needs of its parts; a real part and a fake one both fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Grey = NDArray[np.uint8]
    Circles = NDArray[np.float32]

# A grey frame has rows and columns.
GREY_DIMENSIONS = 2

# Seconds of a clock that never goes back.
Clock = Callable[[], float]

# Waits this many seconds, and comes back at once with True when the agent is told to stop.
Wait = Callable[[float], bool]


# Gets every frame that was looked at, with its circles, right after the LED's decision was asked for.
Show = Callable[["Grey", "Circles"], None]


class FrameSource(Protocol):
    """A camera, or what plays its part."""

    def read(self) -> Grey | None:
        """Wait for the next frame; None if there will be no more, CameraError if the camera is lost."""

    def close(self) -> None:
        """Leave the camera to others."""


class Detector(Protocol):
    """Finds circles."""

    def detect(self, grey: Grey) -> Circles:
        """Return a row x_px, y_px, r_px, score per circle, strongest first; DetectionError if this is no frame."""


class Led(Protocol):
    """A light that people see."""

    def on(self) -> None:
        """Light it."""

    def off(self) -> None:
        """Darken it."""


class EventSink(Protocol):
    """Takes down what happened, for whoever reads along."""

    def __call__(self, event: str, **facts: Any) -> None:  # noqa: ANN401 -- whatever JSON can hold
        """Write one line."""


class Manager(Protocol):
    """Whoever started the agent and restarts it when it hangs."""

    def ready(self) -> None:
        """Say that the agent is at work."""

    def status(self, sentence: str) -> None:
        """Say in a sentence what the agent sees now."""

    def alive(self, now_s: float) -> None:
        """Say that the loop still turns."""

    def stopping(self) -> None:
        """Say that the agent is on its way out."""


class HistogramView(Protocol):
    """A histogram that can be read."""

    limits: tuple[float, ...]
    sum: float
    greatest: float

    def up_to(self) -> list[int]:
        """Return how many values were no greater than each limit, and at last how many there were."""
