from __future__ import annotations

import numpy as np
import pytest

from agent.circles.pilab import PilabDetector
from agent.settings.circles import PRESETS
from benchmarks.detect import composite, scenes, sweeps, unseen, worst
from benchmarks.detect.pictures import Picture
from benchmarks.detect.round_things import ROUND_THINGS
from benchmarks.detect.yardstick import Tally, match


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


def test_what_is_no_circle_in_a_composite_frame_holds_none_either() -> None:
    """A rim inside of a coin is an oval where the coin is one."""
    x, y = np.meshgrid(np.arange(640) - 320, np.arange(480) - 240)
    away = np.hypot(x, y)
    coin = np.where(away < 150, np.where(away < 110, 200, 60), 120).astype(np.uint8)
    wall = np.full((480, 640), 120, np.uint8)
    pictures = [Picture("coin", coin, [(320.0, 240.0, 150.0)])] * 2 + [Picture("wall", wall, [])] * 2
    empty = [frame for frame in composite.half_of(pictures, 0, frames=48) if not frame.truth]
    detector = PilabDetector(PRESETS["course"])
    assert len(empty) == 10
    assert not [frame.name for frame in empty if len(detector.detect(frame.grey))]


def test_the_search_for_the_slowest_frame_goes_uphill_and_the_same_way_each_time() -> None:
    def cost(frame: scenes.Picture) -> float:
        return float(frame.std())

    first, longer, again = (worst.search(cost, 5, tries) for tries in (2, 20, 20))
    assert longer == again
    assert longer.ms == cost(worst.render(longer.layers)) > first.ms


@pytest.mark.long
def test_discs_are_found_in_strong_texture() -> None:
    detector = PilabDetector(PRESETS["course"])
    pictures = dict(sweeps.half_of("texture, std", 0))[15]
    found = [len(match(detector.detect(each.grey).tolist(), each.truth)[0]) for each in pictures]
    assert sum(found) >= 17


@pytest.mark.parametrize("kind", ["plain", "heap", "spiral"])
def test_what_is_drawn_through_another_lens_is_the_same_each_time_and_tells_its_circles(kind: str) -> None:
    one, again = (unseen.half_of(kind, 1, renderings=2)[0] for _ in range(2))
    assert one.grey.shape == (480, 640)
    assert np.array_equal(one.grey, again.grey)
    assert one.truth == again.truth
    assert bool(one.truth) == (kind in ROUND_THINGS)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("second", "egg"),
        ("second", "gear"),
        ("third", "ivy"),
        ("third", "mug"),
        ("tuning", "winding"),
        ("tuning", "rings"),
        ("bent", "cog"),
        ("bent", "viaduct"),
    ],
)
def test_each_set_draws_its_own_kinds(name: str, kind: str) -> None:
    things = unseen.SETS[name]
    drawn, other = (unseen.half_of(kind, 1, renderings=2, things=things, seed=seed)[0] for seed in (1, 2))
    assert not np.array_equal(drawn.grey, other.grey)
    assert bool(drawn.truth) == (kind in things.round_ones)


def test_no_kind_is_in_two_sets() -> None:
    kinds = [kind for things in unseen.SETS.values() for kind in things.kinds]
    assert len(set(kinds)) == len(kinds)


def test_tallies_add_up() -> None:
    total = unseen.add_up([Tally(right=3, wrong=1), Tally(right=2, missed=1)])
    assert (total.right, total.wrong, total.missed) == (5, 1, 1)
