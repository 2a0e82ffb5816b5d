"""What pupils and teachers get wrong when they type the agent's commands: a sentence, a status, and nothing is lost."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from agent.__main__ import main
from agent.board.gpiochip import has_pins
from agent.errors import NobodyError
from agent.errors import sentence as said
from agent.settings.rules import MOST_SHOWN, shown
from agent.view.client import ask
from tests.unit.agent_parts import disc, save, until, wall
from tests.unit.agent_process import CODE, HEARING, Agent, ending_in_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Capture = pytest.CaptureFixture[str]

RENDERED = ("run", "--source", "rendered", "--pins", "mock")
NO_PICTURE = "is no picture that OpenCV can read"
NO_VIDEO = "is neither a picture nor a video"


def by_hand(*words: str, **how: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 -- as subprocess takes them
    """Type a command of the agent."""
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": CODE, **how}
    return subprocess.run([sys.executable, "-m", "agent", *words], text=True, check=False, timeout=30, **how)


@contextmanager
def running(*words: str, **how: Any) -> Iterator[subprocess.Popen[str]]:  # noqa: ANN401 -- as subprocess takes them
    """A program that is at work; it does not outlive its test."""
    how = {"stdin": subprocess.DEVNULL, "stderr": subprocess.PIPE, "cwd": CODE, **how}
    with subprocess.Popen(words, text=True, **how) as process:
        try:
            yield process
        finally:
            process.kill()


def with_size(width: int, height: int) -> bytes:
    """A PNG that says it is as large."""
    content = bytearray(cv2.imencode(".png", wall())[1].tobytes())
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What lies about on a pupil's computer."""
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "pics", disc(), wall())
    (tmp_path / "bare").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "notes.txt").write_text("homework")
    (tmp_path / "noise.png").write_bytes(random.Random(1).randbytes(5000))  # noqa: S311 -- no secret
    (tmp_path / "noise.mp4").write_bytes(random.Random(2).randbytes(5000))  # noqa: S311
    (tmp_path / "void.png").touch()
    (tmp_path / "cut.png").write_bytes((tmp_path / "pics" / "000.png").read_bytes()[:300])
    (tmp_path / "large.png").write_bytes(with_size(60_000, 60_000))
    cv2.imwrite(str(tmp_path / "wide.png"), np.zeros((2, 8193), np.uint8))
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.png")
    return tmp_path


PATHS = [
    ("nowhere", "'nowhere'"),
    ("bare", "'bare' holds no pictures; put some there"),
    ("loop", "'loop'"),
    ("loop.png", "'loop.png'"),
    ("pics/000.png/x", "'pics/000.png/x'"),
    ("pipe", "'pipe'"),
    ("pipe.png", "'pipe.png' is no file of at most"),
    ("/dev/zero", "'/dev/zero'"),
    ("notes.txt", f"'notes.txt' {NO_VIDEO}"),
    ("noise.mp4", f"'noise.mp4' {NO_VIDEO}"),
    ("noise.png", f"'noise.png' {NO_PICTURE}"),
    ("void.png", f"'void.png' {NO_PICTURE}"),
    ("cut.png", f"'cut.png' {NO_PICTURE}"),
    ("large.png", f"'large.png' {NO_PICTURE}"),
    ("wide.png", f"'wide.png' {NO_PICTURE}, or has more than 8192 pixels on a side"),
]


@pytest.mark.parametrize(("path", "words"), PATHS)
@pytest.mark.usefixtures("desk")
def test_what_has_no_circles_to_look_for_is_named(path: str, words: str, capsys: Capture) -> None:
    assert main(["circles", path]) in {1, 2}
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(words)
    assert error.count("\n") == 1


@pytest.mark.parametrize(("path", "words"), PATHS)
@pytest.mark.usefixtures("desk")
def test_a_path_that_was_typed_and_cannot_be_played_ends_a_run_before_it_begins(
    path: str, words: str, capsys: Capture
) -> None:
    assert main(["run", "--pins", "mock", "--path", path]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert error.startswith(words)
    assert error.count("\n") == 1


def test_an_empty_path_is_one_too(capsys: Capture) -> None:
    assert main(["run", "--pins", "mock", "--path", ""]) == 2
    assert capsys.readouterr().err.startswith("camera.path is ''; give the picture")


def test_what_cannot_be_used_is_stepped_over_and_told_once_and_what_the_system_keeps_is_left_out(
    desk: Path, capsys: Capture
) -> None:
    (desk / "pics" / "0005.png").write_text("broken")
    (desk / "pics" / "._000.png").write_text("of macOS")
    (desk / "pics" / "folder.png").mkdir()
    assert main(["circles", "pics"]) == 1
    out, error = capsys.readouterr()
    assert [line for line in out.splitlines() if "circle" in line] == ["000: 1 circle", "001: 0 circles"]
    assert error.startswith(f"'pics/0005.png' {NO_PICTURE}")
    assert error.count("\n") == 1


def test_a_run_steps_over_broken_pictures_and_tells_each_once(tmp_path: Path, start: Callable[..., Agent]) -> None:
    save(tmp_path / "frames", disc(), wall(), disc())
    (tmp_path / "frames" / "001.png").write_text("broken")
    (tmp_path / "frames" / "._000.png").write_text("of macOS")
    agent = start("--frames", "8", fps=0)
    assert agent.until("stopped")["blind_times"] == 0
    assert agent.events().count("picture-skipped") == 1
    skipped = next(line for line in agent.lines if line["event"] == "picture-skipped")
    assert "001.png" in skipped["message"]


def test_a_run_with_nothing_but_broken_pictures_is_blind_and_says_so_once(
    tmp_path: Path, start: Callable[..., Agent]
) -> None:
    for name in ("a.png", "b.png"):
        (save(tmp_path / "frames") / name).write_text("broken")
    agent = start(fps=0)
    agent.until("camera-lost")
    time.sleep(2)
    save(tmp_path / "frames", disc())
    agent.until("camera-back")
    agent.until("sighting")
    agent.end(signal.SIGINT)
    assert agent.events().count("camera-lost") == 1
    assert agent.events().count("picture-skipped") <= 2


def test_circles_writes_no_picture_unless_it_is_asked_to(desk: Path) -> None:
    before = sorted(desk.rglob("*"))
    assert main(["circles", "pics"]) == 0
    assert sorted(desk.rglob("*")) == before


def test_annotated_pictures_are_written_over_nothing(desk: Path, capsys: Capture) -> None:
    cv2.imwrite("pics/000.bmp", wall())
    before = (desk / "pics" / "000.png").read_bytes()
    for _ in range(2):
        assert main(["circles", "pics/000.png", "--out", "pics"]) == 0
    assert (desk / "pics" / "000.png").read_bytes() == before
    assert "drawn in pics/000-2.png" in capsys.readouterr().out
    assert (desk / "pics" / "000-3.png").exists()
    assert main(["circles", "pics", "--out", "new"]) == 0
    written = sorted(path.name for path in (desk / "new").iterdir())
    assert written == ["000-2.png", "000-3.png", "000.bmp.png", "000.png.png", "001.png"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["circles", "pics", "--out", "notes.txt"], "'notes.txt' is no folder, and stays; give another --out."),
        (["circles", "pics", "--out", "notes.txt/x"], "The folder 'notes.txt/x' cannot be made: Not a directory"),
        (["circles", "pics", "--out", "loop"], "'loop' is no folder, and stays"),
        (["circles", "pics", "--sensitivity", "nan"], "circles.sensitivity is nan; give a number from 0 to 1."),
        (["target", "t.svg", "--angle-deg", "0"], "--angle-deg is 0.0; give a number from 1 to 179."),
        (["target", "t.svg", "--angle-deg", "-5"], "--angle-deg is -5.0; give"),
        (["target", "t.svg", "--distance-mm", "1e308"], "--distance-mm is 1e+308; give"),
        (["target", "t.svg", "--radius-px", "nan"], "--radius-px is nan; give"),
        (["target", "t.svg", "--width-px", "inf"], "--width-px is inf; give"),
        (["target", "notes.txt"], "'notes.txt' is there already, and stays; give another name."),
        (["target", "pics"], "'pics' is there already, and stays"),
        (["target", "nowhere/t.svg"], "'nowhere/t.svg' cannot be written: No such file or directory"),
        ([*RENDERED, "--frames", "9" * 30], "--frames is 999"),
        ([*RENDERED, "--config", "pics"], "'pics' cannot be read: Is a directory."),
        ([*RENDERED, "--config", "/dev/zero"], "'/dev/zero' has more than 1048576 bytes"),
        ([*RENDERED, "--config", "noise.png"], "'noise.png' is not UTF-8 in line"),
        ([*RENDERED, "--socket", "notes.txt"], "The socket 'notes.txt' cannot be made: a file is there, and stays"),
        ([*RENDERED, "--socket", "nowhere/s"], "The socket 'nowhere/s' cannot be made: No such file or directory"),
        ([*RENDERED, "--socket", "notes.txt/s"], "The socket 'notes.txt/s' cannot be made: Not a directory"),
        ([*RENDERED, "--socket", "s" * 108], "The socket 'ssss"),
        (["status", "--socket", "pipe"], "No agent answers at 'pipe'"),
        (["status", "--socket", "loop"], "No agent answers at 'loop'"),
        (["snapshot", "--socket", "s" * 200], "No agent answers at 'ssss"),
        (["blink", "--seconds", "-3"], "--seconds is -3; give a whole number from 1 to 600."),
        (["led-off", "--config", "noise.png"], "'noise.png' is not UTF-8"),
        (["bench", "run", "--plan", "noise.png", "--records", "r"], "The plan noise.png is no text"),
        (["bench", "run", "--plan", "pics", "--records", "r"], "The plan pics cannot be read: Is a directory"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_nothing_changes(
    desk: Path, words: list[str], sentence: str, capsys: Capture
) -> None:
    before = sorted(desk.rglob("*"))
    assert main(words) in {1, 2}
    error = capsys.readouterr().err
    assert error.startswith(sentence)
    assert error.count("\n") == 1
    assert sorted(desk.rglob("*")) == before
    assert (desk / "notes.txt").read_text() == "homework"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk needs root to be mounted")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.usefixtures("desk")
def test_a_full_disk_gets_no_half_picture(small_disk: Path, capsys: Capture) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (480, 640), np.uint8)
    cv2.imwrite("pics/noise.png", noise)
    assert main(["circles", "pics/noise.png", "--out", str(small_disk)]) == 1
    assert "noise.png' cannot be written: No space left on device; make room" in capsys.readouterr().err
    assert list(small_disk.iterdir()) == []


def test_names_that_are_no_unicode_and_streams_that_are_ascii_are_no_obstacle(tmp_path: Path) -> None:
    name = os.fsdecode(b"n\xff\xe9 \xed\x95\x9c")
    save(tmp_path / "frames", disc()).rename(tmp_path / name)
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    looked = by_hand("circles", str(tmp_path / name), "--out", str(tmp_path / "out"), env=ascii_only)
    assert (looked.returncode, looked.stderr) == (0, "")
    played = by_hand("run", "--path", str(tmp_path / name), "--pins", "mock", "--frames", "1", env=ascii_only)
    assert (played.returncode, played.stderr) == (0, "")
    assert r"\udcff" in played.stdout
    (tmp_path / name / "000.png").rename(tmp_path / f"{name}.mp4")
    for command in (["circles"], ["run", "--pins", "mock", "--path"]):
        video = by_hand(*command, str(tmp_path / f"{name}.mp4"), env=ascii_only)
        assert video.returncode == 2
        assert "has a name that is not UTF-8, which OpenCV crashes on; rename it." in video.stderr


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ("{agent} status >&-", 1, "The standard output is closed"),
        ("{agent} target t.svg >&-", 1, "The standard output is closed"),
        ("{agent} run --source rendered --pins mock >&-", 1, "The standard output is closed"),
        ("{agent} target t.svg >/dev/full", 1, "What this command prints cannot be written: No space left on device."),
        ("{agent} circles nowhere 2>&-", 2, ""),
        ("{agent} target t.svg <&- >/dev/null", 0, ""),
        ("{{ {agent} circles pics; echo $? >status; }} | head -c 0; exit $(cat status)", 1, ""),
    ],
)
def test_closed_and_full_streams_are_told_or_left_in_peace(desk: Path, command: str, status: int, words: str) -> None:
    agent = f"env PYTHONPATH={CODE} {sys.executable} -m agent"
    done = subprocess.run(
        ["bash", "-c", command.format(agent=agent)], cwd=desk, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == status
    assert done.stderr.startswith(words) if words else done.stderr == ""
    assert done.stderr.count("\n") <= 1


BLINK = ("blink", "--socket", "nowhere", "--config", "m.toml")


@pytest.mark.parametrize("words", [("circles", "pics"), RENDERED, BLINK], ids=["circles", "run", "blink"])
def test_ctrl_c_makes_no_traceback_whenever_it_comes(desk: Path, words: tuple[str, ...]) -> None:
    """From the first package that is loaded on: before that, Python itself does not know of this program."""
    (desk / "m.toml").write_text('[led]\npins = "mock"\n')
    for moment_s in (0.0, 0.03, 0.1, 0.2, 0.4):
        importing = (sys.executable, "-X", "importtime", "-m", "agent")
        at_desk = {"cwd": desk, "env": {**os.environ, "PYTHONPATH": str(CODE)}}
        with running(*HEARING, *importing, *words, stdout=subprocess.PIPE, **at_desk) as process:
            assert process.stderr is not None
            assert any("argparse" in line for line in process.stderr)
            time.sleep(moment_s)
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=60)
        assert process.returncode in {130, 0}
        assert "Traceback" not in error


@pytest.mark.parametrize(
    ("before", "ignored", "ends"),
    [
        ((*HEARING, "nohup"), signal.SIGHUP, signal.SIGINT),
        (("env", "--ignore-signal=INT"), signal.SIGINT, signal.SIGTERM),
    ],
    ids=["nohup", "what a script runs in the background, at a Ctrl-C to others"],
)
def test_a_signal_that_was_ignored_at_the_start_stays_so(
    tmp_path: Path, before: tuple[str, ...], ignored: signal.Signals, ends: signal.Signals
) -> None:
    save(tmp_path / "frames", disc())
    played = ("run", "--path", str(tmp_path / "frames"), "--pins", "mock")
    with running(*before, sys.executable, "-m", "agent", *played, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert "started" in process.stdout.readline()
        process.send_signal(ignored)
        assert sum("sighting" in process.stdout.readline() for _ in range(3)) == 2
        with ending_in_time(process):
            process.send_signal(ends)


def test_a_computer_without_pins_gets_mock_ones_said_once_unless_somebody_insists(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GPIOZERO_PIN_FACTORY"}
    if has_pins(tmp_path, Path("/proc/device-tree/model")):
        pytest.skip("this computer is a Pi")
    played = by_hand("run", "--source", "rendered", "--frames", "2", env=environment)
    assert played.returncode == 0
    assert played.stderr.startswith("This computer has no pins: the LED is one that only remembers (mock);")
    assert played.stderr.count("\n") == 1
    insisted = by_hand("run", "--source", "rendered", "--frames", "2", "--pins", "auto", env=environment)
    assert insisted.returncode == 1
    assert insisted.stderr.startswith("The LED on GPIO 27 cannot be used: ")
    assert insisted.stderr.count("\n") == 1
    (tmp_path / "agent.toml").write_text('[led]\npins = "auto"\n')
    set_so = by_hand("run", "--source", "rendered", "--config", str(tmp_path / "agent.toml"), env=environment)
    assert (set_so.returncode, set_so.stdout) == (1, "")


def test_a_pi_has_pins_also_if_they_are_closed_to_this_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    model = tmp_path / "model"
    assert not has_pins(tmp_path, model)
    model.write_text("Acer Aspire\0")
    assert not has_pins(tmp_path, model)
    model.write_text("Raspberry Pi 4 Model B Rev 1.4\0")
    assert has_pins(tmp_path, model)
    model.unlink()
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    assert has_pins(tmp_path, model)


def test_a_run_by_hand_makes_way_for_the_service_that_has_the_camera_and_the_pins(tmp_path: Path) -> None:
    systemctl = tmp_path / "systemctl"
    systemctl.write_text("#!/bin/sh\n[ $2 = pilab-agent.service ] && echo active\n")
    systemctl.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    disturbing = by_hand("run", "--pins", "mock", env=environment)
    assert (disturbing.returncode, disturbing.stdout) == (1, "")
    assert disturbing.stderr.startswith("An agent runs already on this board, as pilab-agent.service")
    assert disturbing.stderr.endswith("sudo systemctl stop pilab-agent\n")
    assert by_hand(*RENDERED, "--frames", "1", env=environment).returncode == 0


def test_a_picture_of_a_single_row_is_drawn_too(desk: Path) -> None:
    cv2.imwrite("row.png", np.full((1, 640), 40, np.uint8))
    assert main(["circles", "row.png", "--explain", "--out", "new"]) == 0
    assert (desk / "new" / "row.png").exists()


def test_a_package_that_cannot_be_loaded_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text('raise ImportError("Advice.\\n\\nOriginal error was: no room.\\n.\\n")\n')
    done = by_hand(*RENDERED, env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "A Python package cannot be loaded: Original error was: no room.\n"


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
def test_a_computer_that_is_full_is_told_so(error: Exception) -> None:
    assert said(error).startswith("There is no memory, or no thread, left for this")


def test_a_mistake_of_this_program_is_not_hidden_behind_a_sentence() -> None:
    assert said(RuntimeError("dictionary changed size during iteration")) == said(KeyError("x")) == ""


def test_blink_flashes_the_led_itself_where_a_killed_agent_left_its_socket(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "s"))
    (tmp_path / "m.toml").write_text('[led]\npins = "mock"\n')
    monkeypatch.setenv("PILAB_MOCK_PINS", str(tmp_path))
    words = ["--seconds", "1", "--socket", str(tmp_path / "s"), "--config", str(tmp_path / "m.toml")]
    assert main(["blink", *words]) == 0
    assert capsys.readouterr().out == "The LED flashes for 1 s.\n"
    assert (tmp_path / "gpio27").read_text() == "0\n"


def test_a_package_that_is_missing_is_told_with_what_to_install() -> None:
    program = (
        "import sys\nsys.modules['cv2'] = None\nfrom agent.__main__ import main\n"
        "sys.exit(main(['circles', 'tests/data/agent']))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=CODE, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "The Python package 'cv2' is not installed here; get it with: sudo apt install python3-opencv\n"
    )


def outliving(terminal: int) -> None:
    """Begin as a job that is to outlive its terminal."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.dup2(terminal, 1)


def test_a_terminal_that_is_gone_does_not_end_a_run_that_is_to_outlive_it(tmp_path: Path) -> None:
    save(tmp_path / "frames", disc())
    played = ("run", "--path", str(tmp_path / "frames"), "--pins", "mock", "--socket", str(tmp_path / "s"))
    there, terminal = os.openpty()
    begin = {"start_new_session": True, "preexec_fn": lambda: outliving(terminal)}
    with running(sys.executable, "-m", "agent", *played, **begin) as process:
        os.close(terminal)
        until(lambda: frames_of(tmp_path / "s"))
        os.close(there)
        before = frames_of(tmp_path / "s")
        until(lambda: frames_of(tmp_path / "s") > before + 10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def frames_of(socket_file: Path) -> int:
    """Ask an agent how many frames it has looked at; none while it is not there yet."""
    try:
        return int(json.loads(ask(socket_file, "/status"))["frames"])
    except NobodyError:
        return 0


def test_a_jpeg_is_not_poured_over_a_terminal(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["snapshot"]) == 1
    assert "write it to a file: snapshot > now.jpg" in capsys.readouterr().err


@pytest.mark.parametrize("value", ["x" * 500, [1] * 500, 16**5000, "\x1b[2J", {"a": {}}], ids=type)
def test_a_value_in_a_sentence_is_short_and_harmless(value: object) -> None:
    assert len(shown(value)) <= MOST_SHOWN + 3
    assert shown(value).isprintable()
