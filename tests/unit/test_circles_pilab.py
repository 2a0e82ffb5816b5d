from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.circles import make_detector
from agent.circles.halfsize import HalfSizeDetector
from agent.circles.native import LIBRARY, load_library
from agent.circles.pilab import PilabDetector
from agent.errors import ConfigError, DetectionError
from agent.settings.circles import PRESETS, make_settings
from benchmarks.detect import scenes
from benchmarks.detect.distractors import DISTRACTORS
from benchmarks.detect.yardstick import overlap
from tests.unit.properties import PATIENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

DETECTOR = PilabDetector(PRESETS["course"])
SEEDS = st.integers(0, 2**32 - 1)
GREY = 120.0
# Most pictures show something in the middle, with the same noise: half of the time would go into making these anew.
polar = lru_cache(maxsize=2)(scenes.polar)


def scene(outline: scenes.Outline, contrast: float, x_px: float = 320, y_px: float = 240) -> NDArray[np.float64]:
    return GREY + contrast * scenes.within(outline, *polar(x_px, y_px))


@lru_cache(maxsize=2)
def grain(noise: float, seed: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, noise, shape)


def as_frame(picture: NDArray[np.float64], noise: float = 2.0, seed: int = 1) -> NDArray[np.uint8]:
    noisy = picture + grain(noise, seed, picture.shape)
    return np.clip(noisy, 0, 255).round().astype(np.uint8)


@given(seed=SEEDS)
@settings(PATIENT, max_examples=60)
def test_a_circle_that_stands_out_is_found_where_it_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    r, contrast = float(rng.uniform(38, 180)), float(rng.choice([-1, 1]) * rng.uniform(30, 100))
    x, y = float(rng.uniform(r, 640 - r)), float(rng.uniform(min(r, 239), max(480 - r, 240)))
    found = DETECTOR.detect(as_frame(scene(scenes.disc(r), contrast, x, y), noise=float(rng.uniform(0, 5)), seed=seed))
    assert len(found) == 1
    assert found[0][:3] == pytest.approx((x, y, r), abs=1.0)


@pytest.mark.parametrize("share", [1.0, 0.85, 0.7, 0.6])
@pytest.mark.parametrize("r_px", [45.0, 90.0, 160.0])
def test_sixty_percent_of_an_arc_are_enough(r_px: float, share: float) -> None:
    rng = np.random.default_rng(5)
    hidden = scene(scenes.disc(r_px), 60)
    angle, away = rng.uniform(0, 6.28), r_px * np.cos(np.pi * (1 - share))
    x, y = np.meshgrid(np.arange(640) - 320, np.arange(480) - 240)
    hidden[x * np.cos(angle) + y * np.sin(angle) > away] = GREY
    found = DETECTOR.detect(as_frame(hidden))
    assert max(overlap(each, (320, 240, r_px)) for each in found) > 0.95


@pytest.mark.parametrize("blur", [0.5, 2.0, 3.5])
@pytest.mark.parametrize("contrast", [-90, -15, 15, 90])
def test_blur_and_low_contrast_are_borne(contrast: float, blur: float) -> None:
    seen = np.asarray(cv2.GaussianBlur(scene(scenes.disc(70), contrast), (0, 0), blur), np.float64)
    found = DETECTOR.detect(as_frame(seen))
    assert found[0][:3] == pytest.approx((320, 240, 70), abs=1.0)


def test_of_a_ring_only_the_outer_circle_is_told() -> None:
    ring = scene(scenes.disc(90), 70) - 70 * scenes.blob(scenes.disc(70), 320, 240)
    assert [round(float(each[2])) for each in DETECTOR.detect(as_frame(ring))] == [90]


@pytest.mark.parametrize("r_px", [45.0, 70.0, 110.0])
@pytest.mark.parametrize("opened", [0.35, 0.6])
def test_a_ring_that_is_open_is_a_letter_and_one_that_a_finger_lies_over_is_found(r_px: float, opened: float) -> None:
    x, y = np.meshgrid(np.arange(640) - 320, np.arange(480) - 240)
    ring = scene(scenes.disc(r_px), 70) - 70 * scenes.blob(scenes.disc(0.7 * r_px), 320, 240)
    gap = (np.abs(np.arctan2(y, x)) < opened) & (np.hypot(x, y) > r_px / 2)
    letter, held = (
        np.asarray(cv2.GaussianBlur(np.where(gap, shade, picture), (0, 0), 1), np.float64)
        for shade, picture in ((GREY, ring), (GREY - 60, scene(scenes.disc(r_px), 70)))
    )
    assert not len(DETECTOR.detect(as_frame(letter)))
    assert max(overlap(each, (320, 240, r_px)) for each in DETECTOR.detect(as_frame(held))) > 0.95


@pytest.mark.parametrize("r_px", [45.0, 70.0, 110.0])
@pytest.mark.parametrize("opened", [0.35, 0.5])
def test_a_plate_dimmer_in_the_middle_that_a_finger_lies_over_is_no_ring(r_px: float, opened: float) -> None:
    x, y = np.meshgrid(np.arange(640) - 320, np.arange(480) - 240)
    plate = scene(scenes.disc(r_px), 70) - 45 * scenes.blob(scenes.disc(0.7 * r_px), 320, 240)
    finger = (np.abs(np.arctan2(y, x)) < opened) & (np.hypot(x, y) > r_px / 2)
    held = np.asarray(cv2.GaussianBlur(np.where(finger, GREY, plate), (0, 0), 1), np.float64)
    assert max(overlap(each, (320, 240, r_px)) for each in DETECTOR.detect(as_frame(held))) > 0.95


@pytest.mark.parametrize("r_px", [45.0, 70.0, 100.0])
@pytest.mark.parametrize("turned", [0.2, 1.1, 2.7])
def test_a_rim_that_goes_on_straight_or_into_the_open_is_none_and_one_behind_a_board_is(
    r_px: float, turned: float
) -> None:
    x, y = (each / r_px for each in np.meshgrid(np.arange(640) - 320, np.arange(480) - 240))
    along, across, away = (
        x * np.cos(turned) + y * np.sin(turned),
        y * np.cos(turned) - x * np.sin(turned),
        np.hypot(x, y),
    )
    capsule = np.hypot(along - np.clip(along, -1.5, 0), across) < 1
    arch = (along > 0) & (along < 1.4) & (np.abs(across) < 1.7) & (away > 1)
    board = (along > -1.2) & (along < -0.3) & (np.abs(across) < 2)
    for shape in (capsule, arch):
        picture = np.asarray(cv2.GaussianBlur(GREY + 70.0 * shape, (0, 0), 1), np.float64)
        assert not len(DETECTOR.detect(as_frame(picture)))
    held = np.asarray(cv2.GaussianBlur(np.where(board, GREY - 50.0, GREY + 70.0 * (away < 1)), (0, 0), 1), np.float64)
    assert max(overlap(each, (320, 240, r_px)) for each in DETECTOR.detect(as_frame(held))) > 0.95


def test_a_sharp_disc_within_a_rim_that_is_less_so_is_a_part_of_it() -> None:
    rough = scene(lambda angle: 120 * (1 + 0.015 * np.cos(17 * angle)), 50)
    found = DETECTOR.detect(as_frame(rough + 60 * scenes.blob(scenes.disc(85), 320, 240)))
    assert [round(float(each[2]), -1) for each in found] == [120]


@pytest.mark.parametrize("r_px", [45.0, 70.0, 110.0, 160.0])
@pytest.mark.parametrize("contrast", [30, 90])
@pytest.mark.parametrize(
    "shape",
    [
        *(lambda r, n=n: scenes.polygon(r, n, 0.3) for n in (3, 4)),
        *(lambda r, q=q: scenes.ellipse(r, q, 0.7) for q in (0.5, 0.65, 0.75, 0.82)),
        *(lambda r, n=n: scenes.leaf(r, n, 0.2, 0.1) for n in (3, 5, 7)),
    ],
)
def test_other_shapes_do_not_light_the_led(
    shape: Callable[[float], scenes.Outline], contrast: float, r_px: float
) -> None:
    assert len(DETECTOR.detect(as_frame(scene(shape(r_px), contrast)))) == 0


@pytest.mark.parametrize("share", [0.7, 0.8, 0.85])
@pytest.mark.parametrize("r_px", [80, 120, 160])
def test_an_outline_that_goes_over_from_one_oval_to_another_is_no_circle(r_px: int, share: float) -> None:
    picture = np.full((480, 640), GREY)
    for each in (1, share):
        cv2.ellipse(picture, (320, 240), (int(r_px * each), int(0.82 * r_px * each)), 30, 0, 360, 40.0, 3)
    seen = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1), np.float64)
    assert len(DETECTOR.detect(as_frame(seen))) == 0


@pytest.mark.parametrize("turns", [3, 6])
def test_a_thin_line_that_winds_outwards_is_no_circle(turns: int) -> None:
    picture, along = np.full((480, 640), GREY), np.linspace(0.1, 1, 600)
    x, y = (160 * along * turn(along * turns * scenes.TURN) for turn in (np.cos, np.sin))
    corners = np.column_stack([x + 320, y + 240]).round().astype(np.int32)
    cv2.polylines(picture, [corners], isClosed=False, color=40.0, thickness=3)
    seen = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1), np.float64)
    assert len(DETECTOR.detect(as_frame(seen))) == 0


# How many of fifty pictures may light it nevertheless; benchmarks/detect/robustness.py measures it on more of them.
@pytest.mark.parametrize(
    ("name", "most"), [("square", 0), ("oval", 1), ("page", 0), ("chessboard", 1), ("spiral", 3), ("foliage", 1)]
)
@pytest.mark.parametrize("pictures", [15, pytest.param(50, marks=pytest.mark.long)])
def test_what_is_no_circle_does_not_light_the_led(name: str, most: int, pictures: int) -> None:
    frames = (DISTRACTORS[name](np.random.default_rng(seed)) for seed in range(pictures))
    assert sum(len(DETECTOR.detect(frame)) > 0 for frame in frames) <= ceil(most * pictures / 50)


# A hexagon of 45 px is too small: its edge is off a circle by less than three pixels.
@pytest.mark.parametrize(("corners", "r_px"), [(5, 45.0), (5, 90.0), (5, 160.0), (6, 90.0), (6, 160.0)])
def test_polygons_are_told_by_their_straight_sides(corners: int, r_px: float) -> None:
    assert len(DETECTOR.detect(as_frame(scene(scenes.polygon(r_px, corners, 0.3), 80)))) == 0


@pytest.mark.parametrize("motion_px", [5, 10])
@pytest.mark.parametrize("r_px", [45.0, 90.0, 160.0])
def test_a_disc_that_moves_is_found(r_px: float, motion_px: int) -> None:
    moved = np.asarray(cv2.blur(scene(scenes.disc(r_px), 80), (motion_px, 1)), np.float64)
    assert max(overlap(each, (320, 240, r_px)) for each in DETECTOR.detect(as_frame(moved))) > 0.9


def test_among_sure_circles_one_that_is_less_so_is_told_and_alone_it_is_not() -> None:
    oval = 80 * scenes.blob(scenes.ellipse(50, 0.845, 0.3), 500, 350)
    sure = sum(80 * scenes.blob(scenes.disc(50), x, 120) for x in (120, 320, 520))
    assert len(DETECTOR.detect(as_frame(GREY + oval))) == 0
    assert len(DETECTOR.detect(as_frame(GREY + sure + oval))) == 4


@given(seed=SEEDS, height=st.integers(1, 300), width=st.integers(1, 300))
@settings(PATIENT, max_examples=60)
def test_noise_of_any_size_is_survived_and_empty(seed: int, height: int, width: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    assert DETECTOR.detect(noise).shape == (0, 4)


@given(seed=SEEDS, step=st.integers(1, 3), flips=st.tuples(st.booleans(), st.booleans()))
@settings(PATIENT, max_examples=30)
def test_a_view_gives_the_same_as_its_copy(seed: int, step: int, flips: tuple[bool, bool]) -> None:
    picture, _ = scenes.with_circle(np.random.default_rng(seed))
    view = picture[:: -step if flips[0] else step, :: -step if flips[1] else step]
    np.testing.assert_array_equal(DETECTOR.detect(view), DETECTOR.detect(view.copy()))


def test_the_strongest_circle_comes_first() -> None:
    two = scene(scenes.disc(60), 80, 150, 150) + 80 * scenes.blob(scenes.arc(60, 0.7, 0), 450, 300)
    found = DETECTOR.detect(as_frame(two))
    assert [round(float(x), -1) for x in found[:, 0]] == [150, 450]
    assert found[0][3] > found[1][3]


def test_circles_closer_than_the_least_distance_are_one() -> None:
    pair = as_frame(scene(scenes.disc(40), 80, 280, 240) + 80 * scenes.blob(scenes.disc(40), 362, 240))
    assert len(DETECTOR.detect(pair)) == 2
    assert len(PilabDetector(make_settings("course", min_distance_px=100.0)).detect(pair)) == 1


def test_radii_that_are_not_asked_for_are_not_told() -> None:
    frame = as_frame(scene(scenes.disc(80), 80))
    assert len(PilabDetector(make_settings("course", min_radius_px=90.0)).detect(frame)) == 0
    assert len(PilabDetector(make_settings("course", max_radius_px=70.0)).detect(frame)) == 0


def test_threads_share_a_detector() -> None:
    rng = np.random.default_rng(2)
    frames = [scenes.with_circle(rng)[0] for _ in range(12)]
    alone = [DETECTOR.detect(frame) for frame in frames]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(DETECTOR.detect, frames * 4))
    for one, other in zip(alone * 4, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_is_no_grey_frame_is_refused_with_a_sentence() -> None:
    with pytest.raises(DetectionError, match=r"give a grey one"):
        DETECTOR.detect(np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(DetectionError, match=r"give 8 bits a pixel"):
        DETECTOR.detect(np.zeros((48, 64), np.float32))


def test_settings_out_of_range_are_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"circles\.min_radius_px is 3; give a number from 8"):
        make_settings("course", min_radius_px=3.0)


def test_without_the_library_opencv_looks_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match=r"libcircles"):
        load_library(tmp_path / "libcircles.so")
    monkeypatch.setattr("agent.circles.pilab.load_library", lambda: load_library(tmp_path / "libcircles.so"))
    chosen = make_detector("pilab", PRESETS["course"])
    assert isinstance(chosen.detector, HalfSizeDetector)
    assert "libcircles.so is missing; build it with: make -C" in chosen.remark["detector_why"]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (4, "was built for another kind of processor; build it anew with: make -C {}/native clean all"),
        (18, "was built for another kind of processor; build it anew with: make -C {}/native clean all"),
        (0, "cannot be used: .*invalid ELF header; build it anew with: make -C {}/native clean all"),
    ],
)
def test_a_library_that_this_board_cannot_use_is_told_apart(tmp_path: Path, place: int, words: str) -> None:
    """It may be of another width, of another processor, or damaged."""
    library = tmp_path / "native" / "bin" / "libcircles.so"
    library.parent.mkdir(parents=True)
    content = bytearray(LIBRARY.read_bytes())
    content[place] ^= 3
    library.write_bytes(content)
    with pytest.raises(OSError, match=words.format(tmp_path)):
        load_library(library)


def test_the_fallback_finds_a_plain_disc() -> None:
    found = HalfSizeDetector(PRESETS["course"]).detect(as_frame(scene(scenes.disc(80), 80)))
    assert found[0][:3] == pytest.approx((320, 240, 80), abs=3)


def test_rings_of_a_large_frame_keep_their_centre() -> None:
    x, y = np.meshgrid(np.arange(3000) - 1500, np.arange(3000) - 1500)
    rings = np.asarray(127 + 120 * np.sin(np.hypot(x, y) * 2 * np.pi / 20), np.float64).astype(np.uint8)
    found = PilabDetector(make_settings("course", min_radius_px=600.0, max_radius_px=1400.0)).detect(rings)
    assert len(found) > 0
    assert np.hypot(found[0][0] - 1500, found[0][1] - 1500) < 20


def test_there_may_be_more_circles_than_centres_that_an_octave_is_tried_for_in_vain() -> None:
    x, y = np.meshgrid(np.arange(640) % 80 - 40, np.arange(480) % 80 - 40)
    frame = as_frame(GREY + 80 * np.asarray(np.hypot(x, y) < 36, np.float64))
    assert len(DETECTOR.detect(frame)) == 48


@pytest.mark.parametrize("width_px", [3, 8, 16])
def test_a_line_that_is_a_ring_is_found_by_its_outside(width_px: int) -> None:
    ring = scene(scenes.disc(90), -70) + 70 * scenes.blob(scenes.disc(90.0 - width_px), 320, 240)
    assert DETECTOR.detect(as_frame(ring))[:, 2] == pytest.approx([90], abs=1.0)


def test_a_disc_half_before_a_dark_and_half_before_a_bright_ground_is_found() -> None:
    halves = np.where(np.arange(640)[None, :] < 320, 60.0, 180.0) * np.ones((480, 1))
    inside = scenes.blob(scenes.disc(80), 320, 240)
    found = DETECTOR.detect(as_frame(halves + inside * (GREY - halves)))
    assert max(overlap(each, (320, 240, 80)) for each in found) > 0.95
