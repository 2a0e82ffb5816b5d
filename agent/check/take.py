"""Taking the pictures: one line of JSON for each, with the file inside, so that nothing stays on the board."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Callable, TextIO

from agent.board.kernel import read
from agent.board.programs import ask, last_line
from agent.camera.select import Selector
from agent.check.tools import installed
from agent.errors import AgentError, CheckError

if TYPE_CHECKING:
    from agent.check.tools import Tools
    from agent.settings.config import CameraConfig

LIMIT_S = 40.0
SCREENS = Path("/sys/class/drm")
# A camera that has just been opened needs some frames for its exposure.
SETTLING_FRAMES = 5


@dataclass(frozen=True)
class CaptureResult:
    """What became of one picture; `content` is its file in base64."""

    what: str
    how: str
    sentence: str = ""
    content: str = ""


def take_all(camera: CameraConfig, out: TextIO) -> None:
    """Take everything; whatever fails says so in its own line."""
    tools = installed(ask("vcgencmd", "get_camera"))
    with tempfile.TemporaryDirectory() as folder:
        takes: list[Callable[[], CaptureResult]] = [
            partial(_with_tool, "still", tools, Path(folder, "still.jpg")),
            partial(_with_tool, "video", tools, Path(folder, "video.h264")),
            partial(_preview, tools),
            partial(_opencv, camera),
        ]
        for take in takes:
            out.write(json.dumps(asdict(take())) + "\n")
            out.flush()


def _with_tool(what: str, tools: Tools | None, file: Path) -> CaptureResult:
    if tools is None:
        return CaptureResult(what, "", "the board has no camera program; install rpicam-apps")
    command = tools.take_still(str(file)) if what == "still" else tools.take_video(str(file))
    fault = _fault(command)
    content = "" if fault or not file.exists() else base64.b64encode(file.read_bytes()).decode()
    return CaptureResult(what, command[0], fault, content)


def _preview(tools: Tools | None) -> CaptureResult:
    if tools is None or not has_screen():
        reason = "the board has no screen" if tools else "no camera program"
        return CaptureResult("preview", "", f"left out: {reason}")
    command = tools.show_preview()
    return CaptureResult("preview", command[0], _fault(command))


def has_screen(screens: Path = SCREENS) -> bool:
    """Tell whether a screen is plugged in."""
    return any(read(status) == "connected" for status in screens.glob("card*/status"))


def _fault(command: list[str]) -> str:
    """Run a command; return what it complained about, nothing if it did not."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]} does not work: {error}"
    complaint = last_line(done.stderr.decode(errors="replace"), f"status {done.returncode}")
    return f"{command[0]} failed: {complaint}" if done.returncode else ""


def _opencv(camera: CameraConfig) -> CaptureResult:
    """Take a frame as the agent does, and have OpenCV write it (L6)."""
    import cv2  # noqa: PLC0415 -- takes seconds on a Pi

    choice = Selector(camera, time.monotonic, Event().wait).choose()
    if choice.source == "legacy":  # under the legacy stack the course asks the kernel itself
        choice = Selector(replace(camera, source="v4l2"), time.monotonic, Event().wait).choose()
    try:
        with closing(choice.open()) as source:
            frames = [source.read() for _ in range(SETTLING_FRAMES)]
    except AgentError as error:
        return CaptureResult("opencv", choice.source, str(error))
    if frames[-1] is None:
        return CaptureResult("opencv", choice.source, "the source has no more frames")
    _, jpeg = cv2.imencode(".jpg", frames[-1])
    return CaptureResult("opencv", choice.source, "", base64.b64encode(jpeg.tobytes()).decode())


def refuse_while(is_there: Callable[[], bool]) -> None:
    """CheckError while a bench runs: the pictures would spoil its timings."""
    if is_there():
        raise CheckError("A bench runs on this board; wait for its end, or press Ctrl-C where it was begun.")
