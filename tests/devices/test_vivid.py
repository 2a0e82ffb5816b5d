"""The agent's Video4Linux source on the kernel's own simulated webcam, vivid."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing

import numpy as np
import pytest

from agent.board.video import list_nodes
from agent.camera.frame_guard import BLACK_S
from agent.camera.v4l2 import V4l2Source
from agent.errors import CameraError
from tests.devices.cameras import (
    BARS,
    BLACK,
    HEIGHT,
    VIVID,
    WIDTH,
    control,
    descriptors,
    read_one,
    selector,
    until_lost,
    vivid_nodes,
)
from tests.devices.conftest import wait_until


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
