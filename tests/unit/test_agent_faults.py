"""What goes wrong in a school year, done to a real agent process: one line each, a dark LED, and it goes on."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from agent.service.restarts import Restarts
from agent.view.client import ask
from tests.unit.agent_parts import disc, save, until, wall
from tests.unit.agent_process import CODE, Agent

if TYPE_CHECKING:
    from collections.abc import Callable

    Start = Callable[..., Agent]

FAULTY = CODE / "tests" / "data" / "agent" / "faulty_circles.c"
JUMPING = CODE / "tests" / "data" / "agent" / "jumping_clock.c"


def order(path: Path, word: str) -> None:
    """Write an order so that nobody reads half of it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(word)
    fresh.rename(path)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("gone", "The legacy camera gives no frames: Timed out waiting for capture to end; check its cable."),
        ("covered", "The camera gives black frames; take the cap off"),
        ("hangs", "The camera has given no frame for 5 s."),
    ],
)
def test_a_legacy_camera_that_shows_nothing_of_now_is_told_once_darkens_the_led_and_comes_back(
    tmp_path: Path, camera_agent: Start, fault: str, words: str
) -> None:
    agent = camera_agent("legacy", hold_s=600)
    agent.until("sighting")
    order(tmp_path / "camera", fault)
    assert words in agent.until("camera-lost")["message"]
    assert agent.lines[-2] == {"event": "led-off", "why": "camera lost"}
    order(tmp_path / "camera", "fine")
    agent.until("camera-back")
    agent.until("led-on")
    agent.end(signal.SIGTERM)
    assert agent.events().count("camera-lost") == agent.events().count("camera-back") == 1


@pytest.mark.parametrize("fault", ["busy", "gone"])
def test_a_legacy_camera_that_is_busy_or_missing_at_the_start_is_taken_as_soon_as_it_is_free(
    tmp_path: Path, camera_agent: Start, fault: str
) -> None:
    order(tmp_path / "camera", fault)
    agent = camera_agent("legacy")
    lost = agent.until("camera-lost")["message"]
    assert ("another program uses it" in lost) == (fault == "busy")
    time.sleep(2)
    order(tmp_path / "camera", "fine")
    agent.until("sighting")
    agent.end(signal.SIGTERM)
    assert agent.events().count("camera-lost") == 1


@pytest.fixture
def faulty_code(tmp_path: Path) -> Path:
    """The agent's code beside a detector's library that does what the file `detector` says."""
    code = tmp_path / "code"
    shutil.copytree(CODE / "agent", code / "agent", ignore=shutil.ignore_patterns("__pycache__"))
    library = code / "native" / "bin" / "libcircles.so"
    library.parent.mkdir(parents=True)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(library), str(FAULTY)], check=True)
    order(tmp_path / "detector", "fine")
    save(tmp_path / "frames", disc())
    return code


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("refuses", "no side may have more than 8192"),
        ("memory", "Looking for circles failed, there is no memory left"),
    ],
)
def test_a_detector_that_fails_is_told_once_and_tried_again_with_growing_pauses(
    tmp_path: Path, start: Start, faulty_code: Path, fault: str, words: str
) -> None:
    order(tmp_path / "detector", fault)
    agent = start(code=faulty_code, STANDIN_DETECTOR=str(tmp_path / "detector"))
    assert words in agent.until("detection-lost")["message"]
    time.sleep(2)
    order(tmp_path / "detector", "fine")
    agent.until("detection-back")
    agent.until("led-on")
    agent.end(signal.SIGTERM)
    assert agent.events().count("detection-lost") == 1


def test_a_detector_that_hangs_sends_no_more_signs_of_life_although_the_camera_goes_on(
    tmp_path: Path, start: Start, faulty_code: Path
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        agent = start(
            code=faulty_code,
            STANDIN_DETECTOR=str(tmp_path / "detector"),
            NOTIFY_SOCKET=str(tmp_path / "notify"),
            WATCHDOG_USEC="600000",
        )
        agent.until("sighting")
        order(tmp_path / "detector", "hangs")
        agent.until("led-off")
        manager.settimeout(2)
        with pytest.raises(TimeoutError):
            deque(iter(lambda: manager.recv(1000), b""))
    assert agent.end(signal.SIGTERM)["left_behind"] in (["detection"], ["capture", "detection"])


def test_the_pause_doubles_with_each_run_that_dies_young_up_to_28_s_and_a_good_run_ends_that(tmp_path: Path) -> None:
    runs = [Restarts(tmp_path) for _ in range(9)]
    assert [run.begin() for run in runs[:8]] == [0, 1, 2, 4, 8, 16, 28, 28]
    for run in runs[:8]:
        run.prove()
    assert runs[8].begin() == 0
    runs[8].prove()


def test_runs_that_die_young_leave_the_camera_alone_for_longer_each_time(
    tmp_path: Path, start: Start, faulty_code: Path
) -> None:
    (tmp_path / "run").mkdir()
    order(tmp_path / "detector", "dies")
    waited_s = []
    for _ in range(3):
        began_s = time.monotonic()
        agent = start(
            code=faulty_code, STANDIN_DETECTOR=str(tmp_path / "detector"), RUNTIME_DIRECTORY=str(tmp_path / "run")
        )
        agent.until("started")
        assert agent.process.wait(60) == -signal.SIGSEGV
        waited_s.append(time.monotonic() - began_s)
    assert all(waited >= pause for waited, pause in zip(waited_s, (0, 1, 2), strict=True))  # a start takes any time
    order(tmp_path / "detector", "fine")
    agent = start(
        code=faulty_code, STANDIN_DETECTOR=str(tmp_path / "detector"), RUNTIME_DIRECTORY=str(tmp_path / "run")
    )
    agent.until("sighting")
    agent.end(signal.SIGTERM)
    assert (tmp_path / "run" / "unproven-starts").read_text() == "0"


def test_pins_that_do_not_work_are_no_reason_for_a_storm_of_restarts(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "agent", "run", "--source", "rendered"]
    environment = {**os.environ, "GPIOZERO_PIN_FACTORY": "none", "RUNTIME_DIRECTORY": str(tmp_path)}
    lasted_s = []
    for _ in range(4):
        began_s = time.monotonic()
        done = subprocess.run(words, cwd=CODE, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert (done.returncode, done.stdout) == (1, "")
        assert "The LED on GPIO 27 cannot be used" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        lasted_s.append(time.monotonic() - began_s)
    assert all(lasted >= pause for lasted, pause in zip(lasted_s, (0, 1, 2, 4), strict=True))  # a start takes any time


def test_why_an_agent_fails_and_why_it_ended_stands_where_systemctl_status_looks(tmp_path: Path, start: Start) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)

        def heard() -> str:
            return manager.recv(4096).decode()

        notify = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        (tmp_path / "unproven-starts").write_text("9")
        rig = {"GPIOZERO_PIN_FACTORY": "none", "RUNTIME_DIRECTORY": str(tmp_path), **notify}
        words = [sys.executable, "-m", "agent", "run", "--source", "rendered"]
        with subprocess.Popen(words, cwd=CODE, env={**os.environ, **rig}, stderr=subprocess.DEVNULL) as failing:
            assert heard().startswith("STATUS=Failed: The LED on GPIO 27 cannot be used")  # before it pauses for 28 s
            failing.terminate()
        save(tmp_path / "frames", disc())
        agent = start("--frames", "1", **notify)
        agent.until("stopped")
        assert "STATUS=Ended: 1 frames were asked for" in iter(heard, "STOPPING=1")


def test_a_killed_agent_leaves_its_led_lit_and_the_unit_s_stop_step_darkens_it(tmp_path: Path, start: Start) -> None:
    save(tmp_path / "frames", disc())
    pins = {"PILAB_MOCK_PINS": str(tmp_path)}
    agent = start(hold_s=600, **pins)
    agent.until("sighting")
    pin = tmp_path / "gpio27"
    assert pin.read_text() == "1\n"
    agent.process.send_signal(signal.SIGKILL)
    agent.process.wait(60)
    assert pin.read_text() == "1\n"
    stop_step = [sys.executable, "-m", "agent", "led-off", "--config", str(tmp_path / "agent.toml")]
    subprocess.run(stop_step, cwd=CODE, env={**os.environ, **pins}, check=True, timeout=60)
    assert pin.read_text() == "0\n"


def test_a_full_disk_stops_neither_the_led_nor_the_end(tmp_path: Path) -> None:
    save(tmp_path / "frames", disc())
    words = ["run", "--path", str(tmp_path / "frames"), "--pins", "mock", "--socket", str(tmp_path / "socket")]
    pin = tmp_path / "gpio27"
    with (
        Path("/dev/full").open("w") as full,
        subprocess.Popen(
            [sys.executable, "-m", "agent", *words],
            cwd=CODE,
            env={**os.environ, "PILAB_MOCK_PINS": str(tmp_path)},
            stdout=full,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        until(lambda: pin.exists() and pin.read_text() == "1\n")
        before = json.loads(ask(tmp_path / "socket", "/status"))["frames"]
        until(lambda: json.loads(ask(tmp_path / "socket", "/status"))["frames"] > before)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert pin.read_text() == "0\n"


def test_a_runtime_folder_without_room_for_the_socket_is_told_and_the_led_works(tmp_path: Path, start: Start) -> None:
    save(tmp_path / "frames", disc())
    (tmp_path / "run" / "status.sock").mkdir(parents=True)  # nothing can be made in this place
    agent = start(hold_s=600, RUNTIME_DIRECTORY=str(tmp_path / "run"))
    assert "status.sock' cannot be made" in agent.until("nobody-can-look-in")["message"]
    agent.until("sighting")
    agent.end(signal.SIGTERM)


def test_memory_that_runs_out_is_told_once_and_ends_nothing(tmp_path: Path, start: Start) -> None:
    save(tmp_path / "frames", disc())
    agent = start()
    agent.until("sighting")
    used_bytes = int(Path(f"/proc/{agent.process.pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(agent.process.pid, resource.RLIMIT_AS, (used_bytes, resource.RLIM_INFINITY))
    # Needs more memory than any heap of a thread has put by (64 MiB, HEAP_MAX_SIZE of glibc).
    save(tmp_path / "large", np.full((9000, 12000), 90, np.uint8))
    (tmp_path / "large" / "000.png").rename(tmp_path / "frames" / "000.png")
    assert agent.until("camera-lost")["message"]
    time.sleep(2)
    resource.prlimit(agent.process.pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    save(tmp_path / "small", disc())
    (tmp_path / "small" / "000.png").rename(tmp_path / "frames" / "000.png")
    agent.until("camera-back")
    agent.until("led-on")
    agent.end(signal.SIGTERM)
    assert agent.events().count("camera-lost") == 1


def test_a_wall_clock_that_jumps_by_years_neither_hurries_nor_delays_the_led(tmp_path: Path, start: Start) -> None:
    """Simulated: a library that is loaded before libc's own moves the wall clock of this process alone."""
    clock = tmp_path / "clock.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", str(clock), str(JUMPING)], check=True)
    order(tmp_path / "off", "0")
    save(tmp_path / "frames", *[disc()] * 10, *[wall()] * 30)
    agent = start(fps=20, hold_s=0.3, LD_PRELOAD=str(clock), STANDIN_CLOCK=str(tmp_path / "off"))
    agent.until("sighting")
    for off_s in (10**8, -(10**8), 0):
        order(tmp_path / "off", str(off_s))
        began_s = time.monotonic()
        agent.until("led-off")
        agent.until("led-on")
        assert time.monotonic() - began_s < 60
    agent.end(signal.SIGTERM)
    assert "camera-lost" not in agent.events()
