from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from agent.camera.file import read_picture
from agent.circles import make_detector
from agent.circles.opencv import rows
from agent.errors import DetectionError
from agent.settings.circles import PRESETS
from tests.unit.agent_parts import disc, wall

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Photographs with known circles, for measuring only; they are not part of the project.
PHOTOGRAPHS = Path(__file__).parents[3] / "shared" / "data" / "circles"

DETECTOR = make_detector("course", PRESETS["course"]).detector


def test_a_drawn_disc_is_found_where_it_is() -> None:
    circles = DETECTOR.detect(disc(x_px=200, y_px=150, r_px=60))
    assert circles.shape == (1, 4)
    assert circles.dtype == np.float32
    assert circles[0][:3] == pytest.approx((200, 150, 60), abs=3)


def test_two_discs_are_two_rows() -> None:
    both = np.minimum(disc(x_px=160), disc(x_px=480))
    assert len(DETECTOR.detect(both)) == 2


def test_a_disc_smaller_than_the_course_looks_for_is_not_found() -> None:
    assert len(DETECTOR.detect(disc(r_px=20))) == 0


@pytest.mark.parametrize("picture", [wall(), np.zeros((1, 1), np.uint8), np.zeros((3, 500), np.uint8)])
def test_where_no_circle_is_there_are_no_rows_but_four_columns(picture: NDArray[np.uint8]) -> None:
    assert DETECTOR.detect(picture).shape == (0, 4)


def test_a_part_of_a_larger_frame_can_be_looked_at() -> None:
    assert len(DETECTOR.detect(disc()[::1, 100:540])) == 1


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (np.zeros((480, 640, 3), np.uint8), r"shape \(480, 640, 3\)"),
        (np.zeros((0, 640), np.uint8), r"shape \(0, 640\)"),
        (np.zeros(640, np.uint8), r"shape \(640,\)"),
        (np.zeros((480, 640), np.float32), "pixels of float32"),
        (np.zeros((480, 640), np.uint16), "pixels of uint16"),
    ],
)
def test_what_is_no_grey_frame_is_refused_in_a_sentence(frame: NDArray[Any], fault: str) -> None:
    with pytest.raises(DetectionError, match=fault):
        DETECTOR.detect(frame)


@pytest.mark.parametrize(
    "found",
    [
        np.array([[[1, 2, 3], [4, 5, 6]]], np.float32),
        np.array([[[1, 2, 3]], [[4, 5, 6]]], np.float32),
        np.array([[1, 2, 3], [4, 5, 6]], np.float32),
        np.array([[[1, 2, 3, 9], [4, 5, 6, 9]]], np.float32),
    ],
    ids=["1xNx3", "Nx1x3", "Nx3", "with votes"],
)
def test_every_shape_that_opencv_has_used_becomes_rows(found: NDArray[np.float32]) -> None:
    assert rows(found)[:, :3].tolist() == [[1, 2, 3], [4, 5, 6]]
    assert np.isnan(rows(found)[:, 3]).all()


@pytest.mark.parametrize("found", [None, np.empty(0, np.float32), np.empty((1, 0, 3), np.float32)])
def test_every_way_to_say_nothing_becomes_no_rows(found: NDArray[np.float32] | None) -> None:
    assert rows(found).shape == (0, 4)


@pytest.mark.skipif(not PHOTOGRAPHS.is_dir(), reason=f"the photographs of {PHOTOGRAPHS} are not here")
@pytest.mark.parametrize("kind", ["target-video", "coins"])
def test_circles_are_found_in_most_photographs_of_circles(kind: str) -> None:
    pictures = sorted((PHOTOGRAPHS / kind / "images").iterdir())
    found = [picture for picture in pictures if len(DETECTOR.detect(read_picture(picture))) > 0]
    assert len(found) > len(pictures) / 2


@pytest.mark.parametrize("suffix", [".pgm", ".png"])
def test_a_grey_picture_is_read_as_the_same_picture_in_colour_would_be(tmp_path: Path, suffix: str) -> None:
    grey = np.arange(256, dtype=np.uint8).repeat(4).reshape(32, 32)
    plain, coloured = tmp_path / f"plain{suffix}", tmp_path / "coloured.png"
    cv2.imwrite(str(plain), grey)
    cv2.imwrite(str(coloured), cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))
    assert np.array_equal(read_picture(plain), grey)
    assert np.array_equal(read_picture(coloured), grey)
