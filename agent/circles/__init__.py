"""From a grey frame to circles: pure, knows no camera and no pin."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.ports import Detector


def make_detector(name: str) -> Detector:
    """Return the detector with this name in the config; OpenCV is loaded only now."""
    from agent.circles.course import CourseDetector  # noqa: PLC0415 -- takes seconds on a Pi

    return {"course": CourseDetector}[name]()
