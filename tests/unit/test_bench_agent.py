from __future__ import annotations

import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from agent.errors import CameraError
from benchmarks.agent import __main__ as bench
from benchmarks.agent.compared import Play, Row, table, words
from benchmarks.agent.driver import FPS, HEIGHT_PX, ROUND_S, WIDTH_PX, Driver
from benchmarks.agent.loops import LOOPS
from benchmarks.agent.sources import CLOCKS, SIMULATED, TRIES, CameraFrames, running

if TYPE_CHECKING:
    from agent.ports import Grey


def row(*ages_ms: float, frames: int = 100, cpu_s: float = 1.0, peak_kib: int = 2048) -> Row:
    """Two turns, which share the ages."""
    first = Play(frames=frames, ages_ms=list(ages_ms[::2]), wall_s=10.0, cpu_s=cpu_s, peak_kib=1024)
    return Row([first, Play(frames=frames, ages_ms=list(ages_ms[1::2]), wall_s=10.0, cpu_s=cpu_s, peak_kib=peak_kib)])


def test_a_row_has_the_age_the_share_of_a_core_the_cost_of_a_frame_and_the_peak_of_all_turns() -> None:
    [_, line] = table({"agent": row(1.0, 3.0, 2.0)})
    cells = [cell.strip() for cell in line.split("|")[1:-1]]
    assert cells == ["the agent", "200", "3", "2.00", "2.98", "3.00", "10.0%", "10.00", "2"]


def test_the_ratio_is_told_with_what_it_comes_from() -> None:
    said = words({"course": row(3000.0, 3000.0), "courses-detector": row(4.0, 4.0), "agent": row(1.0, 1.0)})
    assert "3000 times as old in the course's loop" in said
    assert "comes from the course's sleep of 3 s" in said
    assert "the course's detector makes it 4.0 times" in said


def test_a_camera_that_keeps_no_old_frames_is_told_from_one_that_does() -> None:
    said = words({"course": row(35.0), "courses-detector": row(36.0), "agent": row(34.0)})
    assert said.startswith("The frame that lights the LED is about as old in the course's loop as in the agent's")
    assert "makes it 1.1 times" in said


def test_a_loop_that_never_lit_the_led_is_named_instead_of_a_ratio() -> None:
    rows = {"course": row(3000.0), "courses-detector": row(), "agent": row(1.0)}
    assert words(rows).startswith("The LED was never lit by the course's detector in the agent's loop: show the camera")
    assert [line.count("| - ") for line in table(rows)] == [0, 0, 3, 0]


def test_a_camera_ends_with_its_time_and_tells_when_each_frame_was_exposed() -> None:
    black = np.zeros((2, 2), np.uint8)
    camera = SimpleNamespace(read=lambda: black, close=lambda: None)
    frames = CameraFrames(camera, lambda: 7.5, seconds=60)
    assert frames.read() == (black, 7.5)
    assert CameraFrames(camera, lambda: 7.5, seconds=-1).read() is None


def test_the_sensors_own_time_comes_from_the_frame_that_picamera2_handed_out_last() -> None:
    source: Any = SimpleNamespace(_camera=SimpleNamespace(pre_callback=None))
    exposed_s = CLOCKS["picamera2"](source)
    source._camera.pre_callback(SimpleNamespace(get_metadata=lambda: {"SensorTimestamp": 12_500_000_000}))
    assert exposed_s() == 12.5


def test_the_kernels_own_time_comes_from_video4linux() -> None:
    source: Any = SimpleNamespace(_video=SimpleNamespace(get=lambda _property: 1250.0))
    assert CLOCKS["v4l2"](source)() == 1.25


class Cameras:
    """A camera that gives its first frame only after so many openings."""

    def __init__(self, failures: int) -> None:
        self.failures, self.opened, self.closed = failures, 0, 0

    def open(self) -> Cameras:
        self.opened += 1
        return self

    def read(self) -> Grey:
        if self.opened <= self.failures:
            raise CameraError("none came")
        return np.zeros((2, 2), np.uint8)

    def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize("failures", [0, 2])
def test_a_camera_is_opened_anew_until_it_gives_a_frame(failures: int) -> None:
    cameras = Cameras(failures)
    assert running(cameras.open) is cameras
    assert (cameras.opened, cameras.closed) == (failures + 1, failures)


def test_a_camera_that_gives_nothing_ends_the_comparison_and_is_left_to_others() -> None:
    cameras = Cameras(TRIES)
    with pytest.raises(CameraError):
        running(cameras.open)
    assert cameras.opened == cameras.closed == TRIES


def test_a_reader_who_was_away_finds_old_frames_first_and_then_what_comes() -> None:
    driver = Driver(rounds=1)
    try:
        first = driver.read()
        assert first is not None
        assert first[0].shape == (HEIGHT_PX, WIDTH_PX)
        time.sleep(1)
        back_s = time.monotonic()
        kept = [driver.read() for _ in range(4)]
        fresh = driver.read()
    finally:
        driver.close()
    exposed_s = [frame[1] for frame in [first, *kept, fresh] if frame is not None]
    assert exposed_s == sorted(exposed_s)
    assert exposed_s[4] < back_s < exposed_s[5]


@pytest.mark.long
def test_every_loop_lights_the_led_and_says_what_it_cost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["bench", "--rounds", "1", "--turns", "1", "--minutes", "0"]
    monkeypatch.setattr(sys, "argv", words)
    assert bench.main() == 0
    said = capsys.readouterr().out.splitlines()
    rows = [line for line in said if line.startswith(("| the course", "| the agent"))]
    assert len(rows) == len(LOOPS)
    for line in rows:
        frames, lit = (int(cell) for cell in line.split("|")[2:4])
        assert 0 < frames <= ROUND_S * FPS
        assert lit == 1
    assert any("comes from the course's sleep" in line for line in said)
    assert SIMULATED in said[0]
