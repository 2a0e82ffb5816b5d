"""`python -m benchmarks.agent.jpeg`: what a compressed frame of a USB camera costs, with its colours and without."""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from agent.camera.grey import to_grey
from agent.camera.v4l2 import brightness

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = ((640, 480), (1280, 720), (1920, 1080))
RUNS = 41
NOISE = 6.0


def frame(width_px: int, height_px: int) -> bytes:
    """A room with a disc and a camera's noise, in 4:2:2 as webcams give it."""
    y, x = np.ogrid[:height_px, :width_px]
    room = 120 + 60 * np.sin(x / 37) + 40 * np.cos(y / 23)
    noise = np.random.default_rng(1).normal(0, NOISE, (height_px, width_px, 3))
    picture = np.clip(room[:, :, None] + noise, 0, 255).astype(np.uint8)
    cv2.circle(picture, (width_px // 2, height_px // 2), height_px // 6, (40, 50, 60), -1)
    options = [cv2.IMWRITE_JPEG_QUALITY, 85, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422]
    return cv2.imencode(".jpg", picture, options)[1].tobytes()


def median_ms(work: Callable[[], object]) -> float:
    """Processor time of this thread, the median of some runs after one that warms up."""
    work()
    taken = []
    for _ in range(RUNS):
        began_s = time.thread_time()
        work()
        taken.append(time.thread_time() - began_s)
    return statistics.median(taken) * 1000


def lines() -> list[str]:
    """A line for each size: both ways, and by how much their pictures differ."""
    cv2.setNumThreads(1)
    said = []
    for width_px, height_px in SIZES:
        file = np.frombuffer(frame(width_px, height_px), np.uint8).reshape(1, -1)
        colours = np.asarray(to_grey(np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))), np.int16)
        apart = int(np.abs(colours - np.asarray(brightness(file), np.int16)).max())
        both_ms = median_ms(lambda file=file: to_grey(np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR))))  # type: ignore[misc]
        grey_ms = median_ms(lambda file=file: brightness(file))  # type: ignore[misc]
        said.append(
            f"{width_px}x{height_px}, {file.size / 1000:.0f} kB: colours, then grey {both_ms:.2f} ms; "
            f"grey only {grey_ms:.2f} ms; {apart} levels apart at most."
        )
    return said


if __name__ == "__main__":
    for line in lines():
        sys.stdout.write(f"{line}\n")
