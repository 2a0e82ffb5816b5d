from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from agent.__main__ import main
from agent.circles.target import radius_mm
from benchmarks.detect import scenes

if TYPE_CHECKING:
    from pathlib import Path

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, outline in {"disc": scenes.disc(70), "square": scenes.polygon(70, 4, 0.2)}.items():
        cv2.imwrite(str(folder / f"{name}.png"), 60 + 120 * scenes.blob(outline, 320, 240))
    (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    return folder


def test_a_folder_is_gone_through_and_annotated(pictures: Path, tmp_path: Path, capsys: Capture) -> None:
    assert main(["circles", str(pictures), "--out", str(tmp_path / "seen")]) == 0
    output = capsys.readouterr().out
    assert re.search(r"disc: 1 circle\n  x (319|320)\.\d y (239|240)\.\d r (69|70)\.\d px, score (0\.9|1\.0)", output)
    assert "square: 0 circles" in output
    assert sorted(path.name for path in (tmp_path / "seen").iterdir()) == ["disc.png", "square.png"]


def test_explain_says_why_a_candidate_fell(pictures: Path, tmp_path: Path, capsys: Capture) -> None:
    cv2.imwrite(str(pictures / "egg.png"), 60 + 120 * scenes.blob(scenes.ellipse(80, 0.83, 0.3), 320, 240))
    assert main(["circles", str(pictures / "egg.png"), "--explain", "--out", str(tmp_path / "seen")]) == 0
    output = capsys.readouterr().out
    assert "egg: 0 circles" in output
    assert "points of edges voted" in output
    assert "fell: it is an ellipse" in output


def test_what_is_no_picture_is_named(tmp_path: Path, capsys: Capture) -> None:
    assert main(["circles", str(tmp_path / "nothing"), "--out", str(tmp_path / "seen")]) == 2
    assert f"'{tmp_path / 'nothing'}' holds no pictures" in capsys.readouterr().err


def test_a_target_twice_as_far_is_twice_as_large() -> None:
    assert radius_mm(80, 1000, 640, 62.2) == pytest.approx(2 * radius_mm(80, 500, 640, 62.2))
    # Half the picture, 320 px, is what is seen to one side: at 1 m and 90 degrees across that is 1 m.
    assert radius_mm(320, 1000, 640, 90) == pytest.approx(1000)


def test_the_printed_target_is_a_page_in_true_size(tmp_path: Path) -> None:
    assert main(["target", str(tmp_path / "t.svg"), "--distance-mm", "500", "--radius-px", "80"]) == 0
    page = (tmp_path / "t.svg").read_text(encoding="utf-8")
    assert 'width="210.0mm" height="297.0mm" viewBox="0 0 210.0 297.0"' in page
    assert f'r="{radius_mm(80, 500, 640, 62.2):.2f}"' in page


def test_a_target_too_large_for_the_page_is_refused(tmp_path: Path, capsys: Capture) -> None:
    assert main(["target", str(tmp_path / "t.svg"), "--radius-px", "400"]) == 2
    assert "come closer" in capsys.readouterr().err


def test_the_annotated_picture_shows_the_circle_in_green(pictures: Path, tmp_path: Path) -> None:
    main(["circles", str(pictures / "disc.png"), "--out", str(tmp_path / "seen")])
    seen = cv2.imread(str(tmp_path / "seen" / "disc.png"))
    assert seen is not None
    green = (seen[:, :, 1].astype(int) - seen[:, :, 0] > 80).nonzero()
    assert np.hypot(green[1] - 320, green[0] - 240).max() == pytest.approx(70, abs=2)


def test_explain_draws_edges_and_votes_beside_the_picture(pictures: Path, tmp_path: Path) -> None:
    main(["circles", str(pictures / "disc.png"), "--explain", "--out", str(tmp_path / "seen")])
    seen = cv2.imread(str(tmp_path / "seen" / "disc.png"), cv2.IMREAD_GRAYSCALE)
    assert seen is not None
    assert seen.shape == (480, 3 * 640)
    edges, votes = seen[:, 640:1280], seen[:, 1280:]
    y, x = (edges > 200).nonzero()
    assert len(x) > 100
    assert np.hypot(x - 320, y - 240) == pytest.approx(70, abs=4)
    assert np.hypot(*(np.array(np.unravel_index(votes.argmax(), votes.shape)) - (240, 320))) < 8


def test_each_frame_of_a_video_is_looked_at(pictures: Path, tmp_path: Path, capsys: Capture) -> None:
    disc = cv2.imread(str(pictures / "disc.png"))
    assert disc is not None
    video = cv2.VideoWriter(str(tmp_path / "discs.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 480))
    for _ in range(3):
        video.write(disc)
    video.release()
    assert main(["circles", str(tmp_path / "discs.avi"), "--explain", "--out", str(tmp_path / "seen")]) == 0
    assert capsys.readouterr().out.count(": 1 circle\n") == 3
    assert sorted(path.name for path in (tmp_path / "seen").iterdir()) == [f"discs-{i:05}.png" for i in range(3)]
