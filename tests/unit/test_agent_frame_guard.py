from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from agent.camera.frame_guard import BLACK_S, FROZEN_S, FrameGuard, is_black
from agent.errors import CameraError
from tests.unit.agent_parts import HandClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.ports import FrameSource, Grey

FRAME_S = 0.1
RNG = np.random.default_rng(1)


class Frames:
    """A camera that gives what it is told to, ten frames a second."""

    def __init__(self, clock: HandClock, frames: Iterator[Grey]) -> None:
        self._clock, self._frames = clock, frames

    def read(self) -> Grey | None:
        self._clock.now_s += FRAME_S
        return next(self._frames, None)

    def close(self) -> None:
        pass


def scene(height_px: int = 48, width_px: int = 64, level: int = 100) -> Grey:
    return (level + RNG.integers(0, 4, (height_px, width_px))).astype(np.uint8)


def read_on(source: FrameSource) -> None:
    while source.read() is not None:
        pass


def seconds_until_lost(guard: FrameGuard, clock: HandClock, frames: Iterator[Grey], words: str) -> float:
    source, began_s = guard.over(Frames(clock, frames)), clock()
    with pytest.raises(CameraError, match=words):
        read_on(source)
    return clock() - began_s


def test_a_frame_of_another_size_is_a_fault_at_once() -> None:
    clock = HandClock()
    frames = iter([scene(), scene(), scene(24, 32)])
    lost_s = seconds_until_lost(FrameGuard(clock), clock, frames, "gives frames of 32x24 pixels instead of 64x48")
    assert lost_s == pytest.approx(3 * FRAME_S)


def test_black_frames_are_a_fault_after_two_seconds_and_frozen_ones_after_five() -> None:
    clock, same = HandClock(), scene()
    dark = seconds_until_lost(FrameGuard(clock), clock, (scene(level=0) for _ in range(99)), "gives black frames")
    stuck = seconds_until_lost(
        FrameGuard(clock), clock, (same for _ in range(99)), "gives the same frame again and again"
    )
    assert dark == pytest.approx(BLACK_S, abs=2 * FRAME_S)
    assert stuck == pytest.approx(FROZEN_S, abs=3 * FRAME_S)


def test_a_camera_is_back_only_with_a_frame_that_is_good_and_never_hands_on_a_bad_one() -> None:
    clock, same = HandClock(), scene()
    guard = FrameGuard(clock)
    seconds_until_lost(guard, clock, (same for _ in range(99)), "the same frame")
    good = scene()
    source = guard.over(Frames(clock, iter([same, same, scene(level=0), good, scene()])))
    handed_on = source.read()
    assert handed_on is not None
    assert handed_on[0, 0] > 12
    assert not np.array_equal(handed_on, same)


def test_a_dark_room_with_one_lamp_is_not_black() -> None:
    dark = scene(level=0)
    assert is_black(dark)
    dark[16:33, 16:33] = 90
    assert not is_black(dark)
