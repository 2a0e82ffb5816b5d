"""The camera check on the board: which programs are asked, and what their files become."""

from __future__ import annotations

import base64
import io
import json
import os
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from agent.check.take import has_screen, refuse_while, take_all
from agent.check.tools import LEGACY, installed
from agent.commands.camera import command
from agent.errors import CheckError
from agent.settings.config import CameraConfig

if TYPE_CHECKING:
    from pathlib import Path

OFF, ON = "supported=0 detected=0, libcamera interfaces=1", "supported=1 detected=1, libcamera interfaces=0"
SCENE = CameraConfig(source="rendered", fps=0)


@pytest.mark.parametrize(
    ("there", "get_camera", "still"),
    [
        ({"raspistill"}, ON, "raspistill"),
        ({"raspistill", "libcamera-still"}, ON, "raspistill"),
        ({"raspistill", "libcamera-still"}, OFF, "libcamera-still"),
        ({"rpicam-still", "libcamera-still"}, OFF, "rpicam-still"),
        ({"rpicam-still"}, "", "rpicam-still"),
        (set(), OFF, ""),
    ],
)
def test_the_programs_are_those_of_the_camera_stack_that_is_on(there: set[str], get_camera: str, still: str) -> None:
    tools = installed(get_camera, lambda name: name if name in there else None)
    assert (tools.still if tools else "") == still


def test_the_course_s_own_commands_are_typed_on_a_legacy_board() -> None:
    assert LEGACY.take_still("a.jpg")[0] == "raspistill"
    assert LEGACY.take_still("a.jpg")[-2:] == ["-o", "a.jpg"]
    assert LEGACY.take_video("a.h264")[0] == "raspivid"
    assert LEGACY.show_preview() == ["raspistill", "-t", "5000"]


def programs(folder: Path, **scripts: str) -> str:
    for name, script in scripts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def taken(camera: CameraConfig = SCENE) -> dict[str, dict[str, Any]]:
    out = io.StringIO()
    take_all(camera, out)
    return {line["what"]: line for line in map(json.loads, out.getvalue().splitlines())}


def test_every_picture_is_a_line_with_its_file_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = 'for last; do :; done; printf something > "$last"'
    monkeypatch.setenv("PATH", programs(tmp_path, rpicam_still=write, rpicam_vid="echo broken >&2; exit 3"))
    lines = taken()
    assert list(lines) == ["still", "video", "preview", "opencv"]
    assert base64.b64decode(lines["still"]["content"]) == b"something"
    assert lines["video"]["sentence"] == "rpicam-vid failed: broken"
    assert lines["preview"]["sentence"] == "left out: the board has no screen"
    content = np.frombuffer(base64.b64decode(lines["opencv"]["content"]), np.uint8)
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (480, 640, 3)


def test_a_program_that_fails_without_a_word_has_its_status_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", programs(tmp_path, rpicam_still="exit 3"))
    assert taken()["still"]["sentence"] == "rpicam-still failed: status 3"


def test_a_board_without_programs_or_camera_still_has_all_its_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    lines = taken(CameraConfig(source="file", path=str(tmp_path / "gone")))
    assert lines["still"]["sentence"] == "the board has no camera program; install rpicam-apps"
    assert "does not exist" in lines["opencv"]["sentence"]


@pytest.mark.parametrize(("status", "there"), [("connected\n", True), ("disconnected\n", False)])
def test_a_preview_needs_a_screen(tmp_path: Path, status: str, *, there: bool) -> None:
    (tmp_path / "card0-HDMI-A-1").mkdir()
    (tmp_path / "card0-HDMI-A-1" / "status").write_text(status)
    assert has_screen(tmp_path) == there


def test_a_bench_is_not_disturbed() -> None:
    refuse_while(lambda: False)
    with pytest.raises(CheckError, match="A bench runs on this board; wait for its end"):
        refuse_while(lambda: True)


def given(name: str, *, loop_runs: bool = True) -> list[str]:
    """What the unit of the check has for a property."""
    start = f"--property={name}="
    return [word[len(start) :] for word in command(loop_runs=loop_runs) if word.startswith(start)]


def test_the_loop_makes_way_and_the_unit_s_last_step_brings_it_back_within_a_limit() -> None:
    assert command(loop_runs=True)[-2:] == ["camera", "take"]
    assert given("ExecStartPre") == ["+/bin/systemctl stop pilab-agent.service"]
    assert given("ExecStopPost") == ["+/bin/systemctl start pilab-agent.service"]
    assert given("RuntimeMaxSec") == ["180s"]


def test_a_loop_that_does_not_run_is_not_brought_back() -> None:
    assert given("ExecStartPre", loop_runs=False) == given("ExecStopPost", loop_runs=False) == []


def test_the_pictures_are_taken_by_the_agent_s_account_with_the_camera_and_no_pins() -> None:
    assert given("User") == ["pilab"]
    assert given("CapabilityBoundingSet") == [""]
    assert "char-video4linux rw" in given("DeviceAllow")
    assert not any("gpio" in device for device in given("DeviceAllow"))
