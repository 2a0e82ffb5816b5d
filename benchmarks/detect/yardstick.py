"""When a found circle is right: pure arithmetic on rows x_px, y_px, r_px."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Circle = Sequence[float]

# Smaller circles are neither demanded nor counted as wrong.
SMALLEST_PX = 35.0
LEAST_OVERLAP = 0.8


@dataclass
class Tally:
    """What a detector got right and wrong, over pictures."""

    right: int = 0
    wrong: int = 0
    missed: int = 0
    frames_right: int = 0
    frames_lit: int = 0
    frames_missed: int = 0
    frames_empty: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found."""
        return _share(self.right, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Share of what is there."""
        return _share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _share(2 * self.right, 2 * self.right + self.wrong + self.missed)

    @property
    def frame_f1(self) -> float:
        """The same of the question whether there is any circle."""
        return _share(2 * self.frames_right, 2 * self.frames_right + self.frames_lit + self.frames_missed)

    @property
    def falsely_lit(self) -> float:
        """Share of the pictures without a circle that lit the LED."""
        return _share(self.frames_lit, self.frames_empty, nothing=0.0)

    def add(self, found: Sequence[Circle], truth: Sequence[Circle]) -> None:
        """Count one picture."""
        matched_found, matched_truth = match(found, truth)
        self.right += sum(truth[j][2] >= SMALLEST_PX for j in matched_truth)
        self.missed += sum(each[2] >= SMALLEST_PX for j, each in enumerate(truth) if j not in matched_truth)
        self.wrong += sum(each[2] >= SMALLEST_PX for i, each in enumerate(found) if i not in matched_found)
        self._add_frame(lit=_holds_any(found), there=_holds_any(truth))

    def _add_frame(self, *, lit: bool, there: bool) -> None:
        self.frames_right += lit and there
        self.frames_lit += lit and not there
        self.frames_missed += there and not lit
        self.frames_empty += not there


def overlap(one: Circle, other: Circle) -> float:
    """Return intersection over union of two discs."""
    distance, r, s = math.dist(one[:2], other[:2]), float(one[2]), float(other[2])
    shared = _lens(distance, r, s)
    return shared / (math.pi * (r * r + s * s) - shared)


def match(found: Sequence[Circle], truth: Sequence[Circle]) -> tuple[set[int], set[int]]:
    """Pair circles one to one, the best overlaps first; return the indexes that have a partner."""
    pairs = sorted(
        ((overlap(each, known), i, j) for i, each in enumerate(found) for j, known in enumerate(truth)), reverse=True
    )
    of_found: set[int] = set()
    of_truth: set[int] = set()
    for share, i, j in pairs:
        if share >= LEAST_OVERLAP and i not in of_found and j not in of_truth:
            of_found.add(i)
            of_truth.add(j)
    return of_found, of_truth


def _lens(distance: float, r: float, s: float) -> float:
    if distance >= r + s:
        return 0.0
    if distance <= abs(r - s):
        return math.pi * min(r, s) ** 2
    one = r * r * math.acos((distance**2 + r * r - s * s) / (2 * distance * r))
    other = s * s * math.acos((distance**2 + s * s - r * r) / (2 * distance * s))
    kite = (-distance + r + s) * (distance + r - s) * (distance - r + s) * (distance + r + s)
    return one + other - 0.5 * math.sqrt(max(kite, 0.0))


def _holds_any(circles: Iterable[Circle]) -> bool:
    return any(each[2] >= SMALLEST_PX for each in circles)


def _share(part: int, whole: int, nothing: float = 1.0) -> float:
    return part / whole if whole else nothing
