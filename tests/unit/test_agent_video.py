"""Which node is a camera, by what its driver answers (simulated), and which of several is the best."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from agent.board import video
from agent.camera.select import Choice, Selector
from agent.settings.config import CameraConfig
from tests.unit.agent_parts import HandClock
from tests.unit.agent_process import PACKAGES
from tests.unit.video_nodes import (
    BAYER,
    CAPTURE,
    CAPTURE_PLANES,
    M2M_PLANES,
    MEDIA_CONTROLLER,
    META,
    OUTPUT,
    WEBCAM,
    add_node,
    ioctl,
    looking,
)

if TYPE_CHECKING:
    from pathlib import Path


def choose(devices: Path) -> Choice:
    clock = HandClock()
    return Selector(CameraConfig(), clock, clock.wait, looking(devices)).choose()


def add_pi_4(devices: Path) -> None:
    """What a Pi 4 has without any camera."""
    for number in (10, 11, 12, 18, 31):
        add_node(devices, number, "bcm2835-codec-decode", driver="bcm2835-codec", can=M2M_PLANES, inputs=0)
    for number in (13, 20):
        add_node(devices, number, "bcm2835-isp", BAYER, driver="bcm2835-isp", can=OUTPUT, inputs=0)
    for number in (14, 15, 21, 22):
        add_node(devices, number, "bcm2835-isp", ("YUYV", "RGB3"), driver="bcm2835-isp", inputs=0)
    for number in (16, 23):
        add_node(devices, number, "bcm2835-isp", ("BSTA",), driver="bcm2835-isp", can=META, inputs=0)
    add_node(devices, 19, "rpivid", (), driver="rpivid", can=M2M_PLANES, inputs=0)


def add_pi_5(devices: Path, *, camera: bool) -> None:
    """What a Pi 5 has, with or without a camera on its ribbon cable."""
    for number in range(20, 24):
        can = CAPTURE_PLANES | MEDIA_CONTROLLER
        add_node(devices, number, "pispbe", ("YU12", "RGB3"), driver="pispbe", can=can, inputs=0)
    add_node(devices, 24, "pispbe", (), driver="pispbe", can=OUTPUT | MEDIA_CONTROLLER, inputs=0)
    add_node(devices, 19, "rpi-hevc-dec", (), driver="rpi-hevc-dec", can=M2M_PLANES, inputs=0)
    if camera:
        for number, can in ((0, CAPTURE), (1, META), (2, CAPTURE)):
            add_node(devices, number, "rp1-cfe", (*BAYER, "YUYV"), driver="rp1-cfe", can=can | MEDIA_CONTROLLER)


def test_a_bridge_of_raw_sensors_is_left_to_libcamera_and_the_webcam_is_taken(tmp_path: Path) -> None:
    for number in range(8):
        name = f"Intel IPU6 ISYS Capture {number}"
        add_node(tmp_path, number, name, BAYER, driver="isys", can=CAPTURE | MEDIA_CONTROLLER)
    add_node(tmp_path, 32, "Integrated Webcam")
    assert choose(tmp_path).why == "/dev/video32 is a camera (Integrated Webcam)"


def test_an_infrared_camera_comes_last_but_is_better_than_none(tmp_path: Path) -> None:
    add_node(tmp_path, 0, "Integrated IR Camera", ("GREY",))
    assert choose(tmp_path).why == "/dev/video0 is a camera (Integrated IR Camera)"
    add_node(tmp_path, 2, "Integrated Camera")
    assert choose(tmp_path).why == "/dev/video2 is a camera (Integrated Camera)"


@pytest.mark.parametrize(
    ("name", "formats"),
    [
        ("HP IR Camera: HP IR Camera", WEBCAM),
        ("USB Infrared Cam", WEBCAM),
        ("PureThermal: Thermal cam", ("Y16 ", "GREY")),
        ("Windows Hello", ("GREY",)),
    ],
)
def test_what_shows_little_of_a_room_comes_last(tmp_path: Path, name: str, formats: tuple[str, ...]) -> None:
    add_node(tmp_path, 0, name, formats)
    add_node(tmp_path, 1, "AIRcam BIRD 2")
    assert choose(tmp_path).why.startswith("/dev/video1 ")


def test_a_pi_4_without_a_camera_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(PACKAGES))
    add_pi_4(tmp_path)
    assert choose(tmp_path).source == "none"


@pytest.mark.parametrize(("camera", "source"), [(True, "picamera2"), (False, "none")])
def test_a_pi_5_reads_its_ribbon_camera_through_libcamera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, *, camera: bool
) -> None:
    monkeypatch.syspath_prepend(str(PACKAGES))
    add_pi_5(tmp_path, camera=camera)
    assert choose(tmp_path).source == source


@pytest.mark.parametrize(
    ("formats", "can", "inputs"),
    [
        (BAYER, CAPTURE, 1),  # set up by itself, as on bullseye
        ((*BAYER, "YUYV"), CAPTURE, 0),  # set up by the media controller, which it does not say
        ((*BAYER, "YUYV"), CAPTURE | MEDIA_CONTROLLER, 1),
    ],
)
def test_a_pi_4_with_a_ribbon_camera_reads_it_through_libcamera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, formats: tuple[str, ...], can: int, inputs: int
) -> None:
    monkeypatch.syspath_prepend(str(PACKAGES))
    add_pi_4(tmp_path)
    add_node(tmp_path, 0, "unicam", formats, driver="unicam", can=can, inputs=inputs)
    add_node(tmp_path, 1, "unicam", (), driver="unicam", can=META, inputs=inputs)
    choice = choose(tmp_path)
    assert (choice.source, choice.why) == (
        "picamera2",
        "/dev/video0 is a CSI camera (unicam) that libcamera reads",
    )


@pytest.mark.parametrize(
    ("formats", "can", "words"),
    [
        (("H264",), CAPTURE, "OpenCV reads none of its formats (H264)"),
        (("HEVC", "H264"), CAPTURE, "OpenCV reads none of its formats (HEVC, H264)"),
        ((), CAPTURE, "no format now, as a loopback into which nobody writes"),
        (WEBCAM, CAPTURE_PLANES, "several planes"),
    ],
)
def test_what_might_be_a_camera_and_cannot_be_read_is_named(
    tmp_path: Path, formats: tuple[str, ...], can: int, words: str
) -> None:
    add_node(tmp_path, 3, "Odd One", formats, can=can)
    choice = choose(tmp_path)
    assert choice.source == "none"
    assert "/dev/video3 (Odd One): " in choice.why
    assert words in choice.why


def test_an_old_usb_camera_that_gives_a_mosaic_is_no_ribbon_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(PACKAGES))
    add_node(tmp_path, 0, "USB Camera (093a:2460)", ("GBRG",), driver="gspca_main")
    assert choose(tmp_path).why == "/dev/video0 is a camera (USB Camera (093a:2460))"


def test_numbers_about_frames_and_the_other_nodes_of_a_webcam_are_not_told(tmp_path: Path) -> None:
    add_node(tmp_path, 1, "HD Webcam", ("UVCH",), can=META)
    assert choose(tmp_path).why.startswith("This board has no camera that Video4Linux offers; plug in")


def test_a_node_that_may_not_be_opened_is_told_with_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: int) -> int:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    add_node(tmp_path, 0, "HD Webcam")
    with monkeypatch.context() as closed:
        closed.setattr(os, "open", refuse)
        (node,) = looking(tmp_path)()
    assert node.kind == "closed"
    assert "may not open it; let them with: sudo usermod -aG video " in node.why


def test_what_is_no_device_of_video4linux_is_other_and_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / "video0").write_text("no driver")
    os.mkfifo(tmp_path / "video1")
    (tmp_path / "video2").mkdir()
    (tmp_path / "video3").symlink_to("gone")
    (tmp_path / "videodev").write_text("")
    kinds = {node.number: node.kind for node in looking(tmp_path)()}
    assert kinds == {0: "other", 1: "other", 2: "closed", 3: "closed"}
    assert stat.S_ISFIFO((tmp_path / "video1").stat().st_mode)


def test_a_driver_that_never_ends_its_formats_and_odd_names_are_bounded(tmp_path: Path) -> None:
    def endless(file: int, request: int, asked: bytes) -> bytes:
        if request == video.ENUM_FMT:
            return video.FORMAT.pack(0, 1, 0, b"", b"H264")
        return ioctl(file, request, asked)

    add_node(tmp_path, 0, "Cam\x1b[2J\nera")
    (node,) = video.list_nodes(tmp_path, endless)
    assert len(node.formats) == video.MOST_FORMATS
    assert node.name == "Cam?[2J?era"


def test_an_old_driver_that_knows_no_nodes_of_its_own_is_asked_what_its_device_can(tmp_path: Path) -> None:
    def old(file: int, request: int, asked: bytes) -> bytes:
        if request == video.QUERYCAP:
            return video.CAPABILITY.pack(b"gspca_zc3xx", b"Old Webcam", b"usb-1", 0x30000, CAPTURE, 0)
        return ioctl(file, request, asked)

    add_node(tmp_path, 0, "", ("JPEG",))
    (node,) = video.list_nodes(tmp_path, old)
    assert (node.kind, node.name) == ("camera", "Old Webcam")
