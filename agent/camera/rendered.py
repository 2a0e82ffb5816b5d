"""A drawn scene whose circles are known: a dark disc that passes over a wall, and is then away for as long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agent.camera.pace import Pace

if TYPE_CHECKING:
    from agent.ports import Clock, Grey, Wait
    from agent.settings.config import CameraConfig

WALL, DISC = 180.0, 40.0
NOISE = 3
NOISE_PICTURES = 7


@dataclass(frozen=True)
class Circle:
    """One circle, in pixels."""

    x_px: float
    y_px: float
    r_px: float


@dataclass(frozen=True)
class Scene:
    """What is to be seen in which frame: each round has as many frames with the disc as without."""

    width_px: int = 640
    height_px: int = 480
    round_frames: int = 80

    def truth(self, number: int) -> Circle | None:
        """Return the disc of a frame, which is always wholly inside; None if it is away."""
        turn = number % self.round_frames
        half = self.round_frames // 2
        if turn < half:
            return None
        r_px = min(self.width_px, self.height_px) / 6
        share = (turn - half) / max(half - 1, 1)
        return Circle(1.5 * r_px + share * (self.width_px - 3 * r_px), self.height_px / 2, r_px)

    def draw(self, number: int) -> Grey:
        """Return the frame as a camera with a little noise would."""
        picture = np.full((self.height_px, self.width_px), WALL)
        circle = self.truth(number)
        if circle is not None:
            y, x = np.ogrid[: self.height_px, : self.width_px]
            inside = np.clip(circle.r_px - np.hypot(x - circle.x_px, y - circle.y_px) + 0.5, 0, 1)
            picture += (DISC - WALL) * inside
        return (picture + self._noise(number)).astype(np.uint8)

    def _noise(self, number: int) -> Grey:
        return np.random.default_rng(number % NOISE_PICTURES).integers(
            0, NOISE, (self.height_px, self.width_px), np.uint8
        )


class RenderedSource:
    """The scene at the pace of a camera."""

    def __init__(self, scene: Scene, pace: Pace, *, loop: bool) -> None:
        self._scene, self._pace, self._loop = scene, pace, loop

    def read(self) -> Grey | None:
        """Wait for the next frame's time; None after one round if it is not to begin again."""
        number = self._pace.next()
        if number >= self._scene.round_frames and not self._loop:
            return None
        return self._scene.draw(number)

    def close(self) -> None:
        """Nothing is held."""


def open_source(camera: CameraConfig, clock: Clock, wait: Wait) -> RenderedSource:
    """Begin the scene."""
    return RenderedSource(Scene(camera.width_px, camera.height_px), Pace(camera.fps, clock, wait), loop=camera.loop)
