"""Pictures with what the detector saw drawn into them, and a sentence for each candidate that fell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from agent.circles.native import Candidate, Report
    from agent.ports import Circles, Grey

GREEN, RED = (60, 200, 60), (60, 60, 230)
# In the order of enum circles_verdict.
VERDICTS = (
    "found",
    "fell: its edges lie on no circle",
    "fell: its radius is not asked for, or its centre is outside the picture",
    "fell: too little of its circumference is there, or there are edges all around",
    "fell: it is an ellipse",
    "fell: its edge is made of straight lines",
    "fell: a stronger circle is closer than the least distance",
)
POINT_BITS = 4


def annotate(grey: Grey, circles: Circles, report: Report | None = None) -> NDArray[np.uint8]:
    """Return a colour picture with the circles in green and, of a report, what fell in red."""
    picture: Any = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    for each in candidates(report):
        if each.verdict:
            _ring(picture, (each.x_px, each.y_px, each.r_px), RED)
    for x, y, r, score in circles.tolist():
        _ring(picture, (x, y, r), GREEN)
        cv2.putText(picture, f"{score:.2f}", (int(x), int(y)), cv2.FONT_HERSHEY_SIMPLEX, 0.5, GREEN, 1, cv2.LINE_AA)
    result: NDArray[np.uint8] = picture
    return result


def sentences(report: Report) -> list[str]:
    """Return a line per candidate, the best first, and one for the edges."""
    lines = [f"{report.edges} points of edges voted; {report.candidates} candidates were tried."]
    return lines + [_sentence(each) for each in sorted(candidates(report), key=lambda each: -each.score)]


def candidates(report: Report | None) -> Iterator[Candidate]:
    """Go through the candidates that are filled in."""
    return iter(()) if report is None else iter(report.candidate[: report.candidates])


def _sentence(each: Candidate) -> str:
    place = f"x {each.x_px:.1f} y {each.y_px:.1f} r {each.r_px:.1f} px"
    score = f"score {each.score:.2f}"
    seen = f"votes {each.votes:.2f}, cover {each.cover:.2f}, exact {each.exact:.2f}, around {each.around:.2f}"
    return f"{place}: {score} ({seen}, oval {each.oval:.3f}); {VERDICTS[each.verdict]}"


def _ring(picture: Any, circle: tuple[float, float, float], colour: tuple[int, int, int]) -> None:  # noqa: ANN401 -- OpenCV's
    x, y, r = (round(value * (1 << POINT_BITS)) for value in circle)
    cv2.circle(picture, (x, y), r, colour, 1, cv2.LINE_AA, POINT_BITS)
