"""A detector in a process of its own: EdgeDrawing of opencv-contrib 4.14 spoils its memory on fine chessboards."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from benchmarks.detect.peers import all_detectors
from benchmarks.detect.yardstick import Tally

if TYPE_CHECKING:
    from benchmarks.detect.pictures import Picture

    Rows = list[list[float]]


def tally(name: str, pictures: list[Picture]) -> Tally:
    """Return what a detector got right of the pictures; one that fell over a picture found nothing there."""
    found = _find_in(name, pictures) or [(_find_in(name, [each]) or [[]])[0] for each in pictures]
    result = Tally()
    for rows, picture in zip(found, pictures, strict=True):
        result.add(rows, picture.truth)
    return result


def _find_in(name: str, pictures: list[Picture]) -> list[Rows] | None:
    """Return the rows for each picture, or nothing if the process fell."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        try:
            return pool.submit(_find, name, pictures).result()
        except BrokenProcessPool:
            return None


def _find(name: str, pictures: list[Picture]) -> list[Rows]:
    find = all_detectors()[name]
    return [find(each.grey).tolist() for each in pictures]
