"""From a grey frame to circles: pure, knows no camera and no pin."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.ports import Detector
    from agent.settings.circles import CircleSettings


@dataclass(frozen=True)
class ChosenDetector:
    """A detector, which one it is, and what is to be said of it."""

    detector: Detector
    name: str
    remark: dict[str, str] = field(default_factory=dict)


def make_detector(name: str, settings: CircleSettings) -> ChosenDetector:
    """Return the detector with this name in the config, or the next best; OpenCV is loaded only if it is needed."""
    if name == "course":
        from agent.circles.course import CourseDetector  # noqa: PLC0415 -- takes seconds on a Pi

        return ChosenDetector(CourseDetector(), name)
    return _make_pilab(settings)


def _make_pilab(settings: CircleSettings) -> ChosenDetector:
    from agent.circles.pilab import PilabDetector  # noqa: PLC0415 -- numpy takes a second on a Pi

    try:
        return ChosenDetector(PilabDetector(settings), "pilab")
    except OSError as error:
        from agent.circles.halfsize import HalfSizeDetector  # noqa: PLC0415 -- takes seconds on a Pi

        remark = f"OpenCV looks for the circles, slower: {error}"
        return ChosenDetector(HalfSizeDetector(settings), "half-size", {"detector_why": remark})
