from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from agent.camera.file import open_source
from agent.camera.pace import Pace
from agent.camera.select import Choice, Selector
from agent.errors import CameraError
from agent.settings.config import CameraConfig
from tests.unit.agent_parts import HandClock, save
from tests.unit.video_nodes import BAYER, CAPTURE, M2M_PLANES, MEDIA_CONTROLLER, META, add_node, looking

if TYPE_CHECKING:
    from pathlib import Path

    from agent.ports import FrameSource, Grey

FPS = 10.0


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def choose(camera: CameraConfig, clock: HandClock, devices: Path) -> Choice:
    return Selector(camera, clock, clock.wait, looking(devices)).choose()


def flat(brightness: int) -> Grey:
    return np.full((48, 64), brightness, np.uint8)


def play(path: Path, clock: HandClock, *, loop: bool = True) -> FrameSource:
    return open_source(CameraConfig(source="file", path=str(path), fps=FPS, loop=loop), clock, clock.wait)


def brightness(source: FrameSource) -> int | None:
    """Read a frame; a video's compression may change it a little, so tens are enough."""
    grey = source.read()
    return None if grey is None else round(float(grey.mean()) / 10) * 10


def write_video(path: Path, *levels: int) -> Path:
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), FPS, (64, 48))
    for level in levels:
        video.write(np.full((48, 64, 3), level, np.uint8))
    video.release()
    return path


def test_frames_are_numbered_at_the_pace_of_a_camera(clock: HandClock) -> None:
    pace = Pace(FPS, clock, clock.wait)
    start_s = clock()
    assert [pace.next() for _ in range(4)] == [0, 1, 2, 3]
    assert clock() - start_s == pytest.approx(0.3)


def test_who_comes_late_has_missed_frames(clock: HandClock) -> None:
    pace = Pace(FPS, clock, clock.wait)
    pace.next()
    clock.now_s += 0.55
    assert [pace.next(), pace.next()] == [5, 6]


def test_without_a_pace_every_frame_comes_at_once(clock: HandClock) -> None:
    pace = Pace(0, clock, clock.wait)
    clock.now_s += 5
    assert [pace.next() for _ in range(3)] == [0, 1, 2]
    assert clock() == 1005


def test_pictures_of_a_folder_come_in_the_order_of_their_names_and_again(tmp_path: Path, clock: HandClock) -> None:
    source = play(save(tmp_path / "p", flat(10), flat(20), flat(30)), clock)
    assert [brightness(source) for _ in range(5)] == [10, 20, 30, 10, 20]


def test_pictures_that_a_slow_reader_missed_are_not_shown(tmp_path: Path, clock: HandClock) -> None:
    source = play(save(tmp_path / "p", flat(10), flat(20), flat(30)), clock)
    source.read()
    clock.now_s += 0.2
    assert brightness(source) == 30


@pytest.mark.parametrize("kind", ["folder", "video"])
def test_without_loop_the_last_frame_is_followed_by_none(tmp_path: Path, clock: HandClock, kind: str) -> None:
    path = save(tmp_path / "p", flat(10), flat(20)) if kind == "folder" else write_video(tmp_path / "v.avi", 10, 20)
    source = play(path, clock, loop=False)
    assert [brightness(source) for _ in range(4)] == [10, 20, None, None]


def test_one_picture_is_shown_again_and_again(tmp_path: Path, clock: HandClock) -> None:
    source = play(save(tmp_path / "p", flat(70)) / "000.png", clock)
    assert [brightness(source), brightness(source)] == [70, 70]


def test_a_video_plays_and_begins_again(tmp_path: Path, clock: HandClock) -> None:
    source = play(write_video(tmp_path / "v.avi", 50, 100, 150), clock)
    assert [brightness(source) for _ in range(5)] == [50, 100, 150, 50, 100]
    source.close()


def test_a_video_skips_what_a_slow_reader_missed(tmp_path: Path, clock: HandClock) -> None:
    source = play(write_video(tmp_path / "v.avi", 50, 100, 150), clock)
    source.read()
    clock.now_s += 0.45
    assert brightness(source) == 100
    source.close()


def test_what_is_no_picture_beside_the_pictures_is_left_alone(tmp_path: Path, clock: HandClock) -> None:
    folder = save(tmp_path / "p", flat(10))
    (folder / "000.txt").write_text("notes")
    source = play(folder, clock)
    assert [brightness(source), brightness(source)] == [10, 10]


def test_a_missing_path_an_empty_folder_and_other_files_are_named_in_a_sentence(
    tmp_path: Path, clock: HandClock
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "words.txt").write_text("no video")
    for name, fault in [("gone", "does not exist"), ("empty", "holds no pictures"), ("words.txt", "neither a picture")]:
        with pytest.raises(CameraError, match=f"{name}' {fault}|{name}' is {fault}"):
            play(tmp_path / name, clock)


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\nand no more"])
def test_a_broken_picture_is_named_in_a_sentence(tmp_path: Path, clock: HandClock, content: bytes) -> None:
    (tmp_path / "broken.png").write_bytes(content)
    with pytest.raises(CameraError, match=r"broken.png' is no picture"):
        play(tmp_path, clock).read()


def test_a_picture_that_went_away_is_named_in_a_sentence(tmp_path: Path, clock: HandClock) -> None:
    source = play(save(tmp_path / "p", flat(10)), clock)
    (tmp_path / "p" / "000.png").unlink()
    with pytest.raises(CameraError, match=r"000.png' cannot be read: No such file"):
        source.read()


def test_auto_takes_the_first_real_camera_of_the_board(tmp_path: Path, clock: HandClock) -> None:
    add_node(tmp_path, 10, "bcm2835-codec-decode", driver="bcm2835-codec", can=M2M_PLANES, inputs=0)
    add_node(tmp_path, 12, "HD Webcam C525")
    add_node(tmp_path, 13, "HD Webcam C525", ("UVCH",), can=META)
    choice = choose(CameraConfig(), clock, tmp_path)
    assert (choice.source, choice.why) == ("v4l2", "/dev/video12 is a camera (HD Webcam C525)")


def test_auto_plays_a_path_that_is_given(tmp_path: Path, clock: HandClock) -> None:
    add_node(tmp_path, 0, "HD Webcam C525")
    choice = choose(CameraConfig(path="/srv/frames"), clock, tmp_path)
    assert (choice.source, choice.why) == ("file", "camera.path is set, to '/srv/frames'")


@pytest.mark.parametrize("sensor", ["unicam", "rp1-cfe"])
def test_auto_says_that_a_ribbon_camera_needs_libcamera(tmp_path: Path, clock: HandClock, sensor: str) -> None:
    add_node(tmp_path, 0, sensor, BAYER, driver=sensor, can=CAPTURE | MEDIA_CONTROLLER)
    choice = choose(CameraConfig(), clock, tmp_path)
    assert choice.source == "none"
    with pytest.raises(CameraError, match=rf"/dev/video0 \({sensor}\) is a CSI camera that only libcamera"):
        choice.open()


def test_auto_without_any_camera_says_what_to_do(tmp_path: Path, clock: HandClock) -> None:
    choice = choose(CameraConfig(), clock, tmp_path / "none")
    with pytest.raises(CameraError, match=r"has no camera .* plug in a USB camera"):
        choice.open()


def test_a_camera_that_is_not_there_is_named_in_a_sentence(tmp_path: Path, clock: HandClock) -> None:
    choice = choose(CameraConfig(source="v4l2", device=63), clock, tmp_path)
    with pytest.raises(CameraError, match="/dev/video63 does not exist"):
        choice.open()
