"""The agent's Video4Linux source on uvcvideo, with USB cameras that are simulated at the wire."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from agent.board.video import list_nodes
from agent.camera.v4l2 import V4l2Source
from tests.devices.cameras import (
    HEIGHT,
    VIVID,
    WIDTH,
    disc,
    jpeg,
    sees_the_disc,
    selector,
    until_lost,
    yuyv,
)
from tests.devices.conftest import SOON_S, wait_until
from tests.devices.usb_camera import UsbCamera

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.ports import Grey


GPIOZERO = find_spec("gpiozero") is not None


@pytest.mark.parametrize(("form", "made"), [("YUYV", yuyv), ("MJPG", jpeg), ("GREY", np.ndarray.tobytes)])
def test_the_disc_is_found_in_every_format(
    plugged: Callable[[UsbCamera], int], said: Callable[[], str], form: str, made: Callable[[Grey], bytes]
) -> None:
    camera = UsbCamera("HD Webcam", (form,), lambda number: made(disc(noise=number)))
    number = plugged(camera)
    with closing(V4l2Source(number, WIDTH, HEIGHT)) as source:
        assert all(sees_the_disc(source.read()) for _ in range(3))
    assert camera.chosen[-1] == (form, (WIDTH, HEIGHT))
    assert said() == ""


def test_above_vga_compressed_frames_are_taken_though_there_is_yuyv(plugged: Callable[[UsbCamera], int]) -> None:
    large = np.asarray(cv2.resize(disc(), (1280, 720)), np.uint8)
    camera = UsbCamera("HD Webcam", ("YUYV", "MJPG"), lambda _: jpeg(large), sizes=((640, 480), (1280, 720)))
    with closing(V4l2Source(plugged(camera), 1280, 720)) as source:
        assert source.read().shape == (720, 1280)
    assert camera.chosen[-1] == ("MJPG", (1280, 720))


def test_frames_of_a_camera_that_is_covered_are_black_also_where_black_is_16(
    plugged: Callable[[UsbCamera], int],
) -> None:
    def covered(number: int) -> bytes:
        return yuyv(np.random.default_rng(number).integers(16, 20, (HEIGHT, WIDTH), np.uint8))

    number = plugged(UsbCamera("HD Webcam", ("YUYV",), covered))
    (node,) = (node for node in list_nodes() if node.number == number)
    with closing(selector(lambda: [node]).open()) as source:
        assert "black frames" in until_lost(source)


def spoilt(number: int) -> bytes:
    """Two frames of three are no JPEG, or have bytes before their end that do not belong there."""
    good = jpeg(disc(noise=number))
    return (good, good[:-2] + bytes(range(1, 11)) + good[-2:], b"\xff\xd8 and no more")[number % 3]


def test_spoilt_frames_are_stepped_over(plugged: Callable[[UsbCamera], int]) -> None:
    with closing(V4l2Source(plugged(UsbCamera("HD Webcam", ("MJPG",), spoilt)), WIDTH, HEIGHT)) as source:
        assert all(sees_the_disc(source.read()) for _ in range(5))


def test_a_camera_that_gives_spoilt_frames_only_is_lost(plugged: Callable[[UsbCamera], int]) -> None:
    number = plugged(UsbCamera("HD Webcam", ("MJPG",), lambda _: b"no picture" * 100))
    with closing(V4l2Source(number, WIDTH, HEIGHT)) as source:
        assert "which is no picture" in until_lost(source)


def test_a_cable_that_is_pulled_is_told_within_the_time_that_opencv_waits(plugged: Callable[[UsbCamera], int]) -> None:
    camera = UsbCamera("HD Webcam", ("MJPG",), lambda number: jpeg(disc(noise=number)))
    number = plugged(camera)
    with closing(V4l2Source(number, WIDTH, HEIGHT)) as source:
        source.read()
        camera.pull()
        assert f"/dev/video{number} gives no frames" in until_lost(source)
    wait_until(lambda: number not in {node.number for node in list_nodes()})


def test_metadata_h264_and_infrared_are_no_first_choice(plugged: Callable[[UsbCamera], int]) -> None:
    infrared = plugged(UsbCamera("Integrated IR Camera", ("GREY",), lambda _: bytes(WIDTH * HEIGHT)))
    stream = plugged(UsbCamera("Stream Camera", ("H264",), lambda _: b""))
    webcam = plugged(UsbCamera("Integrated Camera", ("MJPG",), lambda number: jpeg(disc(noise=number))))
    nodes = {node.number: node for node in list_nodes() if node.driver == "uvcvideo"}
    assert nodes[stream].why == "OpenCV reads none of its formats (H264)"
    assert {node.why for node in nodes.values() if node.kind == "other"} == {
        "it gives numbers about frames, and no frames"
    }
    chosen = selector(lambda: list(nodes.values())).choose()
    assert chosen.why == f"/dev/video{webcam} is a camera (Integrated Camera)"
    only_infrared = selector(lambda: [nodes[infrared], nodes[stream]]).choose()
    assert only_infrared.why == f"/dev/video{infrared} is a camera (Integrated IR Camera)"


def test_a_camera_that_gives_nothing_is_passed_over_and_the_log_says_why(plugged: Callable[[UsbCamera], int]) -> None:
    silent = plugged(UsbCamera("Silent Camera", ("YUYV",), lambda _: None))
    webcam = plugged(UsbCamera("HD Webcam", ("MJPG",), lambda number: jpeg(disc(noise=number))))
    told: list[dict[str, Any]] = []
    nodes = [node for node in list_nodes() if node.number in {silent, webcam}]
    chosen = selector(lambda: nodes, lambda event, **facts: told.append({"event": event, **facts}))
    with closing(chosen.open()) as source:
        until_lost(source)
    assert told == []
    with closing(chosen.open()) as source:
        assert sees_the_disc(source.read())
    (line,) = told
    assert line["event"] == "camera-chosen"
    assert line["why"].startswith(
        f"/dev/video{webcam} is a camera (HD Webcam); passed over: /dev/video{silent} gives no"
    )


def test_a_camera_that_is_plugged_in_again_is_taken_under_its_new_number(plugged: Callable[[UsbCamera], int]) -> None:
    def webcam() -> UsbCamera:
        return UsbCamera("HD Webcam", ("MJPG",), lambda number: jpeg(disc(noise=number)))

    told: list[dict[str, Any]] = []
    chosen = selector(
        lambda: [node for node in list_nodes() if node.driver == "uvcvideo"],
        lambda event, **facts: told.append({"event": event, **facts}),
    )
    first = webcam()
    number = plugged(first)
    with closing(chosen.open()) as source:
        source.read()
        first.pull()
        wait_until(lambda: not any(node.driver == "uvcvideo" for node in list_nodes()))
        # Its number stays taken as long as somebody has the node open.
        second = plugged(webcam())
        assert second != number
        until_lost(source)
    with closing(chosen.open()) as source:
        assert sees_the_disc(source.read())
    assert told[-1]["why"].startswith(f"/dev/video{second} is a camera (HD Webcam)")


@pytest.mark.skipif(GPIOZERO, reason="gpiozero is there")
def test_the_agent_without_gpiozero_ends_with_a_sentence(tmp_path: Path) -> None:
    """Under Python 3.9 it once waited for ever: see agent/loop/inbox.py."""
    config = tmp_path / "agent.toml"
    config.write_text('[led]\npins = "mock"\n[circles]\ndetector = "course"\n')
    command = [sys.executable, "-m", "agent", "run", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SOON_S * 3, check=False)
    assert done.returncode == 1
    assert "The LED on GPIO 27 cannot be used: No module named 'gpiozero'" in done.stderr


@pytest.mark.skipif(not GPIOZERO, reason="Debian has gpiozero from bookworm on, and mock pins are its")
def test_the_agent_itself_takes_the_webcam_and_its_journal_holds_lines_of_ours_only(
    plugged: Callable[[UsbCamera], int], tmp_path: Path
) -> None:
    # The course's detector, because the project's own is compiled for the computer that it is on.
    config = tmp_path / "agent.toml"
    config.write_text('[led]\npins = "mock"\n[circles]\ndetector = "course"\n')

    def extra_bytes(number: int) -> bytes:
        good = jpeg(disc(noise=number))
        return good[:-2] + bytes(range(1, 11)) + good[-2:]

    # vivid's webcam has colours too: it would be the first.
    (VIVID / "unbind").write_text("vivid.0")
    try:
        plugged(UsbCamera("Integrated IR Camera", ("GREY",), lambda _: bytes(WIDTH * HEIGHT)))
        webcam = plugged(UsbCamera("HD Webcam", ("MJPG",), extra_bytes))
        command = [sys.executable, "-m", "agent", "run", "--config", str(config), "--frames", "8"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SOON_S * 8, check=False)
    finally:
        (VIVID / "bind").write_text("vivid.0")
    assert done.returncode == 0, done.stderr
    assert f"/dev/video{webcam} is a camera (HD Webcam" in done.stdout
    assert '"event": "led-on"' in done.stdout
    assert done.stderr == ""
