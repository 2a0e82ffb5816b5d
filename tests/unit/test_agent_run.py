"""The agent as a real process, on pictures that are drawn here and with pins that only remember."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from agent.settings.config import SOURCES
from tests.unit.agent_parts import disc, save, wall
from tests.unit.agent_process import CODE, Agent, ending_in_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from agent.ports import Grey

    Start = Callable[..., Agent]


def clutter() -> Grey:
    """Return a picture that keeps the course's detector busy for minutes: edges everywhere."""
    squares = np.random.default_rng(1).integers(0, 2, (180, 320), np.uint8)
    return np.kron(squares * 255, np.ones((6, 6), np.uint8)).astype(np.uint8)


def test_a_passing_disc_lights_the_led_and_its_going_darkens_it(tmp_path: Path, start: Start) -> None:
    save(tmp_path / "frames", *[disc()] * 4, *[wall()] * 16)
    agent = start()
    assert agent.until("started")["source"] == "file"
    sighting = agent.until("sighting")
    assert sighting["circles"][0]["r_px"] == pytest.approx(80, abs=3)
    assert 0 < sighting["detect_ms"] <= sighting["frame_age_ms"]
    agent.until("led-off")
    agent.until("led-on")
    last = agent.end(signal.SIGTERM)
    assert last["why"] == "SIGTERM was received"
    assert last["left_behind"] == []
    assert 0 < last["frames_with_circles"] < last["frames"]


def test_after_frames_at_thirty_a_second_the_last_line_tells_the_time_of_each(tmp_path: Path, start: Start) -> None:
    save(tmp_path / "frames", disc(), wall())
    agent = start("--frames", "60", fps=30)
    last = agent.until("stopped")
    assert last["frames"] == 60
    assert 0 < last["frames_with_circles"] < 60
    assert 0 < last["detect_ms_mean"] <= last["detect_ms_max"]


def test_without_the_library_the_journal_says_who_looks_instead(tmp_path: Path, start: Start) -> None:
    save(tmp_path / "frames", disc())
    (tmp_path / "board").mkdir()
    shutil.copytree(CODE / "agent", tmp_path / "board" / "agent")
    agent = start("--frames", "2", code=tmp_path / "board")
    started = agent.until("started")
    assert started["detector"] == "half-size"
    assert "libcircles.so" in started["detector_why"]
    assert started["detector_why"].endswith(f"is missing; build it with: make -C {tmp_path}/board/native")
    assert agent.until("stopped")["frames_with_circles"] == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_time_with_the_led_dark_although_frames_come_slowly(
    tmp_path: Path,
    start: Start,
    number: signal.Signals,
) -> None:
    save(tmp_path / "frames", disc())
    agent = start(fps=0.5, hold_s=600)
    agent.until("sighting")
    agent.end(number)
    assert list(dict.fromkeys(agent.events())) == ["started", "led-on", "sighting", "led-off", "stopped"]


def test_the_led_goes_off_and_a_signal_ends_it_in_time_although_the_detector_is_at_work(
    tmp_path: Path, start: Start
) -> None:
    save(tmp_path / "frames", disc(), clutter())
    agent = start(hold_s=0.5, detector="course")
    assert agent.until("led-off")["why"] == "no circles any more"
    assert agent.end(signal.SIGTERM)["left_behind"] in (["detection"], ["capture", "detection"])


def test_a_signal_ends_it_in_time_although_the_camera_does_not_answer(tmp_path: Path, camera_agent: Start) -> None:
    agent = camera_agent("picamera2")
    agent.until("sighting")
    (tmp_path / "camera").write_text("hangs")
    assert agent.until("camera-lost")["message"].startswith("The CSI camera gives no frames")
    assert agent.end(signal.SIGTERM)["left_behind"] in (["capture"], ["capture", "detection"])


def test_a_folder_that_vanishes_is_told_once_and_found_again(tmp_path: Path, start: Start) -> None:
    frames, away = save(tmp_path / "frames", disc()), tmp_path / "away"
    agent = start(hold_s=600)
    agent.until("sighting")
    frames.rename(away)
    assert "cannot be read: No such file" in agent.until("camera-lost")["message"]
    assert agent.lines[-2] == {"event": "led-off", "why": "camera lost"}
    away.rename(frames)
    agent.until("camera-back")
    agent.until("led-on")
    assert agent.end(signal.SIGINT)["blind_times"] == 1
    assert agent.events().count("camera-lost") == 1


def test_it_starts_without_its_camera_and_takes_it_when_it_comes(tmp_path: Path, start: Start) -> None:
    agent = start()
    assert "does not exist" in agent.until("camera-lost")["message"]
    save(tmp_path / "coming", disc()).rename(tmp_path / "frames")
    agent.until("sighting")
    agent.end(signal.SIGTERM)


def test_it_ends_by_itself_after_the_frames_that_were_asked_for(tmp_path: Path, start: Start) -> None:
    save(tmp_path / "frames", wall())
    agent = start("--frames", "3", fps=120)
    assert agent.until("stopped")["frames"] == 3
    with ending_in_time(agent.process):
        pass


def test_the_service_manager_hears_of_start_watchdog_and_stop(tmp_path: Path, start: Start) -> None:
    save(tmp_path / "frames", disc())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        agent = start(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="300000")
        heard = [manager.recv(1000).decode()]
        while heard.count("WATCHDOG=1") < 3:
            heard.append(manager.recv(1000).decode())
        agent.until("sighting")
        agent.end(signal.SIGTERM)
        while heard[-1] != "STOPPING=1":
            heard.append(manager.recv(1000).decode())
    assert heard.index("READY=1") < heard.index("WATCHDOG=1")
    # While the camera's library is loaded, and then as before.
    assert [line for line in heard if line.startswith("WATCHDOG_USEC")] == [
        "WATCHDOG_USEC=180000000",
        "WATCHDOG_USEC=300000",
    ]
    assert "STATUS=Circles in sight, LED on" in heard


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--frames", "0"], "--frames is 0; give a whole number from 1 to 1000000000."),
        (
            ["--source", "telescope"],
            f"camera.source is 'telescope'; choose from {', '.join(SOURCES)}.",
        ),
        (["--config", "/nowhere.toml"], "'/nowhere.toml' cannot be read: No such file or directory."),
    ],
)
def test_bad_settings_are_one_sentence_and_status_2(start: Start, words: list[str], sentence: str) -> None:
    process = start(*words).process
    out, error = process.communicate(timeout=30)
    assert (process.returncode, out, error) == (2, "", f"{sentence}\n")


def test_a_reader_that_goes_away_ends_it_without_noise(tmp_path: Path, start: Start) -> None:
    save(tmp_path / "frames", disc())
    agent = start()
    agent.until("started")
    assert agent.process.stdout is not None
    agent.process.stdout.close()
    assert agent.process.wait(60) == 1
    assert agent.process.stderr is not None
    assert agent.process.stderr.read() == ""


def test_the_help_tells_a_pupil_how_to_begin() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "agent", "run", "--help"], cwd=CODE, capture_output=True, text=True, check=True
    )
    assert "Ctrl-C ends it" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 90
