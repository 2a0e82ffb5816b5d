"""Pilab's own detector: gradient votes, then a look all around; the work is done in native/circles."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from threading import local
from typing import TYPE_CHECKING

import numpy as np

from agent.circles.native import MOST_CIRCLES, Report, Settings, load_library
from agent.circles.opencv import check_grey
from agent.errors import DetectionError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from agent.ports import Circles, Grey
    from agent.settings.circles import CircleSettings


@dataclass(frozen=True)
class Trace:
    """What a look at a frame went through; the pictures have half its height and width."""

    report: Report
    edges: Grey
    # Share of a whole circumference that points to each place, less what chance would give.
    votes: NDArray[np.float32]


class PilabDetector:
    """Finds circles with the C library; one object serves any number of threads."""

    def __init__(self, settings: CircleSettings, library: ctypes.CDLL | None = None) -> None:
        self._library = library or load_library()
        self._settings = Settings(
            settings.min_radius_px, settings.max_radius_px, settings.min_distance_px, settings.sensitivity
        )
        self._own = local()

    def detect(self, grey: Grey) -> Circles:
        """Return a row x_px, y_px, r_px, score per circle, strongest first; DetectionError if this is no frame."""
        return self._find(grey, None)

    def explain(self, grey: Grey) -> tuple[Circles, Trace]:
        """Return the circles, and what was looked at on the way to them; DetectionError if this is no frame."""
        check_grey(grey)
        half = (grey.shape[0] // 2, grey.shape[1] // 2)
        edges, votes = np.zeros(half, np.uint8), np.zeros(half, np.float32)
        report = Report(edge_at=edges.ctypes.data, votes_at=votes.ctypes.data)
        return self._find(grey, ctypes.byref(report)), Trace(report, edges, votes)

    def _find(self, grey: Grey, report: ctypes._CArgObject | None) -> Circles:
        check_grey(grey)
        pixels = grey if grey.strides[1] == 1 else np.ascontiguousarray(grey)
        height_px, width_px = pixels.shape
        workspace = self._workspace(width_px, height_px)
        circles = np.empty((MOST_CIRCLES, 4), np.float32)
        count = self._library.circles_find(
            *(pixels.ctypes.data, width_px, height_px, pixels.strides[0], self._settings),
            *(workspace.ctypes.data, workspace.nbytes, circles.ctypes.data, MOST_CIRCLES, report),
        )
        return circles[:count]

    def _workspace(self, width_px: int, height_px: int) -> Grey:
        """Return this thread's memory, which frames of one size share."""
        if getattr(self._own, "size_px", None) != (width_px, height_px):
            needed = self._library.circles_workspace_bytes(width_px, height_px, self._settings)
            if needed == 0:
                raise DetectionError(f"A frame is {width_px}x{height_px} pixels; no side may have more than 8192.")
            self._own.memory, self._own.size_px = np.empty(needed, np.uint8), (width_px, height_px)
        memory: Grey = self._own.memory
        return memory
