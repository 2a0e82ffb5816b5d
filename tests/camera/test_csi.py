"""A CSI camera in a school year (simulated), through the real agent: the same on stand-ins and on real libcamera."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.unit.agent_parts import until

if TYPE_CHECKING:
    from tests.camera.board import Csi


@pytest.mark.parametrize("size", [(640, 480), (640, 360), (320, 320), (500, 375), (1296, 972), (240, 426)])
def test_a_circle_is_found_where_it_is_whatever_the_size_and_shape_of_the_picture(
    csi: Csi, size: tuple[int, int]
) -> None:
    agent = csi.agent(size=size)
    (circle,) = agent.until("sighting")["circles"]
    until(lambda: csi.pin() == "1\n")
    width, height = (side // 2 * 2 for side in size)
    found = (circle["x_px"], circle["y_px"], circle["r_px"])
    assert found == pytest.approx((width / 2, height / 2, min(width, height) / 6), abs=2.5)
    agent.end(signal.SIGTERM)
    assert csi.pin() == "0\n"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("gone", "The CSI camera gives no frames: none came for 4 s; check its cable."),
        ("black", "The camera gives black frames; take the cap off, or switch a light on."),
        ("covered", "The camera gives black frames; take the cap off, or switch a light on."),
        ("frozen", "The camera gives the same frame again and again."),
    ],
)
def test_a_camera_that_shows_nothing_of_now_is_told_once_darkens_the_led_and_comes_back(
    csi: Csi, fault: str, words: str
) -> None:
    agent = csi.agent(hold_s=600)
    agent.until("led-on")
    csi.does(fault)
    assert agent.until("camera-lost")["message"] == words
    assert agent.lines[-2] == {"event": "led-off", "why": "camera lost"}
    assert csi.pin() == "0\n"
    time.sleep(3)
    csi.does("fine")
    agent.until("camera-back")
    agent.until("led-on")
    agent.end(signal.SIGTERM)
    assert agent.events().count("camera-lost") == agent.events().count("camera-back") == 1


@pytest.mark.parametrize(("fault", "words"), [("busy", "another program uses it"), ("gone", "the board finds none")])
def test_a_camera_that_is_busy_or_missing_at_the_start_is_taken_as_soon_as_it_is_free(
    csi: Csi, fault: str, words: str
) -> None:
    csi.does(fault)
    agent = csi.agent()
    assert words in agent.until("camera-lost")["message"]
    time.sleep(2)
    csi.does("fine")
    agent.until("sighting")
    agent.end(signal.SIGTERM)
    assert agent.events().count("camera-lost") == 1


def test_a_number_that_no_camera_has_is_told_with_those_that_are_there(csi: Csi) -> None:
    said = csi.run(
        "from agent.camera.picamera2 import Picamera2Source\nfrom agent.service.chatter import hush\nhush()\n"
        "try: Picamera2Source(7, 640, 480)\nexcept OSError as error: print(error)"
    )
    assert "and camera.device is 7" in said
    assert "finds none" not in said


@pytest.mark.parametrize(
    ("fault", "number"),
    [("fine", signal.SIGTERM), ("gone", signal.SIGINT), ("busy", signal.SIGHUP), ("black", signal.SIGTERM)],
)
def test_a_signal_ends_it_whatever_the_camera_does(csi: Csi, fault: str, number: signal.Signals) -> None:
    csi.does(fault)
    agent = csi.agent()
    agent.until("sighting" if fault == "fine" else "camera-lost")
    agent.process.send_signal(number)
    assert agent.until("stopped")["why"] == f"{number.name} was received"
    assert agent.process.wait(60) == 0


def test_who_asks_libcamera_to_speak_hears_it(csi: Csi) -> None:
    agent = csi.agent(LIBCAMERA_LOG_LEVELS="*:INFO")
    agent.until("sighting")
    agent.process.send_signal(signal.SIGTERM)
    assert "libcamera v0.4.0" in agent.process.communicate(timeout=60)[1]
    csi.agents.remove(agent)


def test_a_picture_of_another_size_than_asked_for_is_told(stand_in: Csi) -> None:
    agent = stand_in.agent()
    agent.until("sighting")
    stand_in.does("resized")
    words = "gives no frames: a frame has the shape (718, 640), not that of 640x480 pixels"
    assert words in agent.until("camera-lost")["message"]
    agent.end(signal.SIGTERM)


def test_a_camera_that_answers_with_the_range_of_videos_is_stretched_to_the_full_one(stand_in: Csi) -> None:
    stand_in.does("black")
    said = stand_in.run(
        "import libcamera\nlibcamera.ColorSpace.Sycc = libcamera.ColorSpace.Smpte170m\n"
        "from agent.camera.picamera2 import Picamera2Source\nfrom agent.service.chatter import hush\nhush()\n"
        "source = Picamera2Source(0, 640, 480)\nprint(source.read().max())"
    )
    assert int(said) <= 3
