"""Pictures of what the detector saw, and a sentence for each candidate that fell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from agent.circles.native import Candidate, Report
    from agent.circles.pilab import Trace
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
# The same for the picture.
SHORT = ("", "no fit", "out of range", "gaps", "oval", "straight", "too close")
POINT_BITS = 4


def annotate(grey: Grey, circles: Circles) -> NDArray[np.uint8]:
    """Return a colour picture with the circles in green."""
    picture: Any = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    for x, y, r, score in circles.tolist():
        _ring(picture, (x, y, r), GREEN)
        _label(picture, (x, y), f"{score:.2f}", GREEN)
    result: NDArray[np.uint8] = picture
    return result


def explain(grey: Grey, circles: Circles, trace: Trace) -> NDArray[np.uint8]:
    """Return three pictures side by side: circles, in red what fell and why; edges that voted; where they point."""
    first: Any = annotate(grey, circles)
    for each in candidates(trace.report):
        if each.verdict:
            _ring(first, (each.x_px, each.y_px, each.r_px), RED)
            _label(first, (each.x_px, each.y_px + each.r_px), SHORT[each.verdict], RED)
    size = (grey.shape[1], grey.shape[0])
    others = [
        cv2.cvtColor(cv2.resize(each, size, interpolation=cv2.INTER_NEAREST), cv2.COLOR_GRAY2BGR)
        for each in (trace.edges, _bright(trace.votes))
    ]
    result: NDArray[np.uint8] = np.hstack([first, *others])
    return result


def _bright(votes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return votes as grey: white is the most that there is, if it is a whole circumference."""
    bright: NDArray[np.uint8] = (255 * np.clip(votes / max(votes.max(), 1), 0, 1)).astype(np.uint8)
    return bright


def sentences(report: Report) -> list[str]:
    """Return a line per candidate, the best first, and one for the edges."""
    lines = [f"{report.edges} points of edges voted; {report.candidates} candidates were tried."]
    return lines + [_sentence(each) for each in sorted(candidates(report), key=lambda each: -each.score)]


def candidates(report: Report) -> Iterator[Candidate]:
    """Go through the candidates that are filled in."""
    return iter(report.candidate[: report.candidates])


def _sentence(each: Candidate) -> str:
    position = f"x {each.x_px:.1f} y {each.y_px:.1f} r {each.r_px:.1f} px"
    score = f"score {each.score:.2f}"
    seen = f"votes {each.votes:.2f}, cover {each.cover:.2f}, exact {each.exact:.2f}, around {each.around:.2f}"
    shape = f"oval {each.oval:.3f}, straight {each.straight:.2f}, lean {each.lean:.1f}, sway {each.sway:.2f}"
    return f"{position}: {score} ({seen}, {shape}); {VERDICTS[each.verdict]}"


def _ring(picture: Any, circle: tuple[float, float, float], colour: tuple[int, int, int]) -> None:  # noqa: ANN401 -- OpenCV's
    x, y, r = (round(value * (1 << POINT_BITS)) for value in circle)
    cv2.circle(picture, (x, y), r, colour, 1, cv2.LINE_AA, POINT_BITS)


def _label(picture: Any, position: tuple[float, float], words: str, colour: tuple[int, int, int]) -> None:  # noqa: ANN401 -- OpenCV's
    at = (int(position[0]), int(position[1]))
    cv2.putText(picture, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
