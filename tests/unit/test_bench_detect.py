from __future__ import annotations

import numpy as np
import pytest

from benchmarks.detect import composite, scenes, sweeps
from benchmarks.detect.pictures import Picture


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    rng = np.random.default_rng(3)
    made = [scenes.with_circle(rng) for _ in range(8)] + [scenes.without_circle(rng) for _ in range(8)]
    return [Picture(str(i), grey, truth) for i, (grey, truth) in enumerate(made)]


def test_composite_frames_are_the_same_each_time_and_the_halves_are_not(pictures: list[Picture]) -> None:
    one, again, other = (composite.half_of(pictures, half, frames=12) for half in (0, 0, 1))
    assert all(np.array_equal(a.grey, b.grey) for a, b in zip(one, again, strict=True))
    assert not any(np.array_equal(a.grey, b.grey) for a, b in zip(one, other, strict=True))


def test_of_240_composite_frames_100_hold_no_circle(pictures: list[Picture]) -> None:
    frames = [frame for half in (0, 1) for frame in composite.half_of(pictures, half, frames=24)]
    assert sum(not frame.truth for frame in frames) == 10


@pytest.mark.parametrize("name", sweeps.names())
def test_each_sweep_draws_pictures_with_the_circles_that_it_tells(name: str) -> None:
    for _, drawn in sweeps.half_of(name, 0, renderings=1):
        assert drawn[0].grey.dtype == np.uint8
        assert all(r >= 35 for _, _, r in drawn[0].truth)
        assert drawn[0].truth
