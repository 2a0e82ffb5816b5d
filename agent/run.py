"""`run`: puts camera, detector and LED together and keeps the circle loop going until a signal ends it."""

from __future__ import annotations

import argparse
import os
import signal
import time
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TextIO

from agent.camera.select import choose
from agent.circles import make_detector
from agent.config import check_config, read_config
from agent.events import Diary
from agent.led import GpioLed
from agent.loop.circle import CircleLoop, Parts
from agent.loop.inbox import Inbox
from agent.loop.keeper import Keeper
from agent.loop.light import HeldLight
from agent.loop.messages import Ended
from agent.rules import Whole
from agent.systemd import Systemd

if TYPE_CHECKING:
    from types import FrameType

    from agent.config import Config, Table
    from agent.ports import FrameSource

USUAL_CONFIG = Path("/etc/pilab/agent.toml")

DESCRIPTION = """\
Looks for circles in what the camera sees, and lights the LED while there are any.
Ctrl-C ends it: the LED goes off, and the camera is free for others.
"""

EPILOG = f"""\
One line of JSON tells each thing that happens: started, led-on, sighting (at most one
a second), led-off, camera-lost, camera-back, stopped. Lengths are in pixels.

examples:
  python3 -m agent run                         the board's camera, the LED on GPIO 27
  python3 -m agent run --pins mock             on a laptop with a webcam, without an LED
  python3 -m agent run --path pictures         a folder of pictures instead of a camera
  python3 -m agent run --path pictures --frames 20

All settings (pin, how long the LED stays on, size of the frames, ...) are in
{USUAL_CONFIG}; what is given here goes before what stands there.
"""

MOST_FRAMES = 1_000_000_000


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `run` to the commands."""
    parser = subparsers.add_parser(
        "run",
        help="look for circles and light the LED",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"settings in TOML (else {USUAL_CONFIG}, if there)")
    parser.add_argument("--source", metavar="S", help="where frames come from: auto, v4l2 (a camera) or file")
    parser.add_argument("--path", metavar="P", help="picture, folder of pictures or video to play instead of a camera")
    parser.add_argument("--pins", metavar="P", help="auto (the pins of this board) or mock (pins that only remember)")
    parser.add_argument("--frames", type=int, metavar="N", help="end after so many frames")


def main(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run the loop; 0 when it ended because it was told to."""
    config = settings(arguments)
    most_frames = None if arguments.frames is None else Whole(1, MOST_FRAMES).check("--frames", arguments.frames)
    # OpenCV's own words about a camera that is lost would fill the journal; the agent says it once.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    made = make_detector(config.circles.detector, config.circles.settings())
    stop = Event()
    inbox = _ended_by_signals(Inbox(stop))
    tell = Diary(out)
    with closing(GpioLed(config.led)) as led:
        choice = choose(config.camera, time.monotonic, stop.wait)
        tell("started", detector=made.name, source=choice.source, why=choice.why, **made.remark)
        CircleLoop(
            Parts(
                open_source=lambda: _open(config, stop),
                detector=made.detector,
                keeper=Keeper(HeldLight(led, config.led.hold_s), tell, time.monotonic, most_frames),
                manager=Systemd(),
                inbox=inbox,
                stop=stop,
                clock=time.monotonic,
            )
        ).run()
    return 0


def settings(arguments: argparse.Namespace) -> Config:
    """Return the checked settings: defaults, over them the file, over it the command line."""
    tables = _file_tables(arguments.config)
    source = arguments.source or ("file" if arguments.path else None)
    given = {"camera": {"source": source, "path": arguments.path}, "led": {"pins": arguments.pins}}
    return check_config({**tables, **{name: _over(tables.get(name, {}), values) for name, values in given.items()}})


def _file_tables(named: Path | None) -> Table:
    if named is None and not USUAL_CONFIG.exists():
        return {}
    return read_config(named or USUAL_CONFIG)


def _over(table: Any, given: dict[str, str | None]) -> Any:  # noqa: ANN401 -- the file's word, not yet checked
    """Put what was given over a section of the file; what is no section is left for the check to refuse."""
    values = {key: value for key, value in given.items() if value is not None}
    return {**table, **values} if isinstance(table, dict) else table


def _open(config: Config, stop: Event) -> FrameSource:
    """Choose anew for each try: a camera may have been plugged in meanwhile."""
    return choose(config.camera, time.monotonic, stop.wait).open()


def _ended_by_signals(inbox: Inbox) -> Inbox:
    """Let Ctrl-C and the service manager end the loop."""

    def end(number: int, _frame: FrameType | None) -> None:
        inbox.put(Ended(f"{signal.Signals(number).name} was received"))

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    return inbox
