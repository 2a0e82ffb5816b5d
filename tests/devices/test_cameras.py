"""The agent's Video4Linux source on the kernel's drivers: vivid, and uvcvideo with cameras simulated at the wire."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from agent.board.video import Node, list_nodes
from agent.camera.frame_guard import BLACK_S
from agent.camera.select import Selector
from agent.camera.v4l2 import V4l2Source
from agent.errors import CameraError
from agent.settings.config import CameraConfig
from tests.devices.conftest import SOON_S, wait_until
from tests.devices.usb_camera import UsbCamera

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.ports import FrameSource, Grey

VIVID = Path("/sys/bus/platform/drivers/vivid")
# Of vivid's test pattern (v4l2-tpg.h).
BARS, BLACK = 0, 5
WIDTH, HEIGHT = 640, 480
# OpenCV gives up after 10 s; the rest is that of an emulated processor.
GIVES_UP_S = 40.0


def vivid_nodes() -> list[Node]:
    return [node for node in list_nodes() if node.driver == "vivid"]


def control(node: Node, **values: int) -> None:
    given = ",".join(f"{name}={value}" for name, value in values.items())
    subprocess.run(["v4l2-ctl", f"--device={node.path}", f"--set-ctrl={given}"], check=True)


def selector(
    nodes: Callable[[], list[Node]] = list_nodes, log: Callable[..., None] = lambda *_, **__: None
) -> Selector:
    return Selector(CameraConfig(), time.monotonic, Event().wait, nodes, log)


def disc(grey_level: int = 40, wall: int = 180, noise: int = 0) -> Grey:
    picture = np.full((HEIGHT, WIDTH), wall, np.uint8)
    cv2.circle(picture, (WIDTH // 2, HEIGHT // 2), HEIGHT // 6, (grey_level,), -1, cv2.LINE_AA)
    return np.asarray(picture + np.random.default_rng(noise).integers(0, 3, picture.shape, np.uint8), np.uint8)


def jpeg(grey: Grey) -> bytes:
    return cv2.imencode(".jpg", cv2.merge([grey, grey, grey]))[1].tobytes()


def yuyv(grey: Grey) -> bytes:
    return np.dstack([grey, np.full_like(grey, 128)]).tobytes()


def until_lost(source: FrameSource, within_s: float = GIVES_UP_S) -> str:
    """Read until the camera is lost; return what it says."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        try:
            source.read()
        except CameraError as error:
            return str(error)
    raise AssertionError("the camera was not lost")


def read_one(camera: Node) -> None:
    with closing(V4l2Source(camera.number, WIDTH, HEIGHT)) as source:
        source.read()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def sees_the_disc(grey: Grey | None) -> bool:
    """Whether what is dark is as large as the disc, and where it is."""
    assert grey is not None
    rows, columns = np.nonzero(grey < 110)
    found = (columns.mean(), rows.mean(), np.sqrt(len(rows) / np.pi)) if len(rows) else (0, 0, 0)
    return bool(np.allclose(found, (WIDTH / 2, HEIGHT / 2, HEIGHT / 6), atol=1.5))


def test_the_driver_says_what_each_node_is() -> None:
    one, several, *others, screen, shows = vivid_nodes()
    assert (one.kind, one.why) == ("camera", "")
    assert {"GREY", "YUYV"} <= set(one.formats)
    assert (several.kind, several.why) == ("unusable", "it gives its frames in several planes")
    assert others
    assert {node.kind for node in others} == {"other"}
    assert (screen.kind, shows.kind) == ("camera", "other")


def test_grey_comes_straight_from_vivid_in_the_size_that_is_nearest() -> None:
    (camera, *_) = vivid_nodes()
    with closing(V4l2Source(camera.number, WIDTH, HEIGHT)) as source:
        frames = [source.read() for _ in range(5)]
    assert {(frame.dtype, frame.ndim) for frame in frames} == {(np.dtype(np.uint8), 2)}
    assert frames[0].shape[1] in {320, 640}
    assert not np.array_equal(frames[0], frames[-1])
    asked = subprocess.run(["v4l2-ctl", f"--device={camera.path}", "--get-fmt-video"], capture_output=True, check=True)
    assert b"GREY" in asked.stdout


def test_black_frames_are_told_and_the_camera_is_back_with_a_good_one() -> None:
    (camera, *_) = vivid_nodes()
    control(camera, test_pattern=BLACK, osd_text_mode=2)
    chosen = selector(lambda: [camera])
    with closing(chosen.open()) as source:
        began_s = time.monotonic()
        assert "black frames" in until_lost(source)
        assert time.monotonic() - began_s >= BLACK_S
    control(camera, test_pattern=BARS, osd_text_mode=0)
    with closing(chosen.open()) as source:
        assert source.read() is not None


def test_a_driver_that_goes_away_is_told_and_comes_back() -> None:
    (camera, *_) = vivid_nodes()
    with closing(V4l2Source(camera.number, WIDTH, HEIGHT)) as source:
        source.read()
        (VIVID / "unbind").write_text("vivid.0")
        assert f"{camera.path} gives no frames" in until_lost(source)
    assert camera.number not in {node.number for node in vivid_nodes()}
    with pytest.raises(CameraError, match=f"{camera.path} does not exist"):
        V4l2Source(camera.number, WIDTH, HEIGHT)
    (VIVID / "bind").write_text("vivid.0")
    wait_until(lambda: any(node.kind == "camera" for node in vivid_nodes()))
    back = next(node for node in vivid_nodes() if node.kind == "camera")
    with closing(V4l2Source(back.number, WIDTH, HEIGHT)) as source:
        assert source.read() is not None


def test_a_driver_that_fails_while_it_streams_is_told_and_the_next_opening_works() -> None:
    (camera, *_) = vivid_nodes()
    with closing(V4l2Source(camera.number, WIDTH, HEIGHT)) as source:
        source.read()
        control(camera, inject_fatal_streaming_error=1)
        assert f"{camera.path} gives no frames" in until_lost(source)
    read_one(camera)


def test_a_driver_that_drops_most_frames_still_gives_some() -> None:
    (camera, *_) = vivid_nodes()
    control(camera, percentage_of_dropped_buffers=80)
    try:
        with closing(V4l2Source(camera.number, WIDTH, HEIGHT)) as source:
            assert all(source.read().size for _ in range(5))
    finally:
        control(camera, percentage_of_dropped_buffers=0)


def test_vain_tries_leave_no_descriptor() -> None:
    (camera, *_) = vivid_nodes()
    with closing(V4l2Source(camera.number, WIDTH, HEIGHT)) as holder:
        holder.read()
        before = descriptors()
        for _ in range(20):
            with pytest.raises(CameraError):
                read_one(camera)
            list_nodes()
        assert descriptors() == before


def test_a_node_that_this_user_may_not_open_is_told_in_a_sentence_that_helps() -> None:
    program = (
        "import os; os.setuid(65534)\n"
        "from agent.board.video import list_nodes\n"
        "from agent.camera.select import Selector\n"
        "from agent.settings.config import CameraConfig\n"
        "print(Selector(CameraConfig(), float, bool).choose().why)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "the user nobody may not open it; let them with: sudo usermod -aG video nobody" in done.stdout


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
