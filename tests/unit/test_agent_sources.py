"""Cameras that are no files: CSI cameras through stand-ins for their packages, in a real agent process (simulated)."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from agent.camera.grey import full_range
from agent.camera.pace import Pace
from agent.camera.picamera2 import luma
from agent.camera.rendered import RenderedSource, Scene
from agent.camera.select import Selector
from agent.camera.v4l2 import brightness, set_up
from agent.circles.pilab import PilabDetector
from agent.settings.circles import CircleSettings
from agent.settings.config import CameraConfig
from tests.unit.agent_parts import HandClock, disc
from tests.unit.agent_process import CODE, PACKAGES, Agent
from tests.unit.video_nodes import BAYER, CAPTURE, MEDIA_CONTROLLER, add_node, looking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("size", [(640, 480), (500, 375)])
def test_a_legacy_camera_lights_the_led_with_a_disc_where_it_is(
    camera_agent: Callable[..., Agent], size: tuple[int, int]
) -> None:
    agent = camera_agent("legacy", size=size)
    started = agent.until("started")
    assert (started["source"], started["why"]) == ("legacy", "camera.source is legacy")
    (circle,) = agent.until("sighting")["circles"]
    width, height = size
    found = (circle["x_px"], circle["y_px"], circle["r_px"])
    assert found == pytest.approx((width / 2, height / 2, height / 6), abs=2.5)


@pytest.mark.parametrize(("source", "words"), [("picamera2", "picamera2"), ("legacy", "picamera")])
def test_a_csi_camera_without_its_package_is_told_what_to_install(
    camera_agent: Callable[..., Agent], source: str, words: str
) -> None:
    lost = camera_agent(source, packages=False).until("camera-lost")
    assert f"No module named '{words}'; install the package" in lost["message"]


def add_device(devices: Path, device: str) -> None:
    if device == "unicam":
        add_node(devices, 0, device, BAYER, driver=device, can=CAPTURE | MEDIA_CONTROLLER)
    else:
        add_node(devices, 0, device, driver="bm2835 mmal")


@pytest.mark.parametrize(
    ("device", "package", "source"),
    [("unicam", "picamera2", "picamera2"), ("mmal service 16.1", "picamera", "legacy")],
)
def test_auto_takes_a_csi_camera_through_the_package_that_the_board_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str, package: str, source: str
) -> None:
    assert (PACKAGES / package).is_dir()
    monkeypatch.syspath_prepend(str(PACKAGES))
    add_device(tmp_path, device)
    clock = HandClock()
    choice = Selector(CameraConfig(), clock, clock.wait, looking(tmp_path)).choose()
    assert choice.source == source
    assert device in choice.why


def test_auto_takes_the_legacy_camera_through_the_kernel_where_its_package_is_missing(tmp_path: Path) -> None:
    add_device(tmp_path, "mmal service 16.1")
    clock = HandClock()
    assert Selector(CameraConfig(), clock, clock.wait, looking(tmp_path)).choose().source == "v4l2"


def test_choosing_loads_neither_opencv_nor_a_camera_package() -> None:
    program = (
        "import sys\nfrom agent.camera.select import Selector\n"
        "from agent.settings.config import CameraConfig, SOURCES\n"
        "for source in SOURCES:\n"
        "    Selector(CameraConfig(source=source, path='x'), float, bool).choose()\n"
        "print(sorted({'cv2', 'numpy', 'picamera', 'picamera2'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=CODE, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_rows_of_the_low_resolution_stream_may_be_longer_than_the_picture() -> None:
    planes = np.arange(6 * 64, dtype=np.uint32).reshape(6, 64).astype(np.uint8)
    assert np.array_equal(luma(planes, 10, 4), planes[:4, :10])
    with pytest.raises(ValueError, match=re.escape("a frame has the shape (6, 64), not that of 10x6 pixels")):
        luma(planes, 10, 6)


def test_the_brightness_of_videos_becomes_that_of_pictures_also_from_bytes_that_lie_apart() -> None:
    yuyv = np.dstack([np.array([[0, 16, 126, 235, 255]], np.uint8), np.full((1, 5), 128, np.uint8)])
    assert full_range(yuyv[:, :, 0]).tolist() == [[0, 0, 128, 255, 255]]


class Driver:
    """What a V4L2 driver and OpenCV make of being asked: formats are taken only if they are known."""

    def __init__(self, *formats: str) -> None:
        self._formats = {cv2.VideoWriter.fourcc(*name) for name in formats}
        self.properties: dict[int, float] = {}

    def set(self, name: int, value: float) -> bool:
        taken = name != cv2.CAP_PROP_FOURCC or value in self._formats
        if taken:
            self.properties[name] = value
        return taken

    def get(self, name: int) -> float:
        return self.properties.get(name, 0.0)


@pytest.mark.parametrize(
    ("formats", "size", "raw", "chosen"),
    [
        (("GREY", "YUYV"), (640, 480), 0, "GREY"),
        (("YUYV", "MJPG"), (640, 480), 0, "YUYV"),
        (("MJPG",), (640, 480), 0, "MJPG"),
        (("YUYV", "MJPG"), (1920, 1080), 0, "MJPG"),
        (("GREY", "UYVY"), (1920, 1080), 1, ""),
        (("UYVY",), (640, 480), 1, ""),
    ],
)
def test_grey_comes_straight_from_the_driver_where_it_can(
    formats: tuple[str, ...], size: tuple[int, int], raw: int, chosen: str
) -> None:
    driver = Driver(*formats)
    set_up(driver, *size)
    assert driver.get(cv2.CAP_PROP_CONVERT_RGB) == raw
    assert driver.get(cv2.CAP_PROP_FOURCC) == (cv2.VideoWriter.fourcc(*chosen) if chosen else 0)


def test_whatever_layout_a_driver_gives_the_brightness_is_the_same() -> None:
    grey = disc()
    yuyv = np.dstack([np.round(16 + grey * (219 / 255)), np.full_like(grey, 128)]).astype(np.uint8)
    bgr = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 100])[1].reshape(1, -1)
    for frame, most_off in ((grey, 0), (bgr, 0), (yuyv, 1), (jpeg, 2)):
        seen = brightness(frame)
        assert seen is not None
        assert np.abs(seen.astype(int) - grey).max() <= most_off


@pytest.mark.parametrize("content", [b"\0" * 5000, b"\xff\xd8\xff and no more"])
def test_what_is_no_jpeg_is_no_frame(content: bytes) -> None:
    assert brightness(np.frombuffer(content, np.uint8).reshape(1, -1)) is None


def test_a_jpeg_of_a_size_that_no_camera_has_is_no_frame() -> None:
    """The size in its head is what OpenCV would take memory for."""
    whole = cv2.imencode(".jpg", np.zeros((16, 16), np.uint8))[1].tobytes()
    place = whole.index(b"\xff\xc0") + 5
    bomb = whole[:place] + b"\xff\xff\xff\xff" + whole[place + 4 :]
    assert brightness(np.frombuffer(bomb, np.uint8).reshape(1, -1)) is None


def test_the_rendered_scene_shows_what_its_truth_says_and_nothing_else() -> None:
    scene, detector = Scene(round_frames=20), PilabDetector(CircleSettings())
    for number in range(40):
        truth, found = scene.truth(number), detector.detect(scene.draw(number))
        assert len(found) == (truth is not None)
        if truth:
            assert found[0, :3] == pytest.approx((truth.x_px, truth.y_px, truth.r_px), abs=1.5)


def test_the_rendered_scene_ends_after_a_round_unless_it_loops() -> None:
    clock = HandClock()
    once = RenderedSource(Scene(64, 48, round_frames=3), Pace(0, clock, clock.wait), loop=False)
    assert [once.read() is None for _ in range(4)] == [False, False, False, True]
    again = RenderedSource(Scene(64, 48, round_frames=3), Pace(0, clock, clock.wait), loop=True)
    assert all(again.read() is not None for _ in range(7))
