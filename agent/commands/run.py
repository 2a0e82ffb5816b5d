"""`run`: puts camera, detector and LED together and keeps the circle loop going until a signal ends it."""

from __future__ import annotations

import argparse
import os
import signal
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Callable, TextIO

from agent.board.paths import AGENT_CONFIG
from agent.camera.select import Selector
from agent.circles import make_detector
from agent.errors import LedError
from agent.led import GpioLed
from agent.loop.circle import CircleLoop, LoopOptions, Parts, show_nobody
from agent.loop.controller import LedController
from agent.loop.debounce import Debounce
from agent.loop.inbox import Inbox
from agent.loop.led_timer import LedTimer
from agent.loop.messages import Blink, Ended
from agent.service.events import EventLog
from agent.service.restarts import Restarts
from agent.service.systemd import Systemd
from agent.settings.config import SOURCES, check_config, read_config
from agent.settings.rules import Whole
from agent.view.collector import Collector
from agent.view.pictures import Pictures
from agent.view.serving import status_served
from agent.view.status_api import StatusApi

if TYPE_CHECKING:
    from types import FrameType

    from agent.ports import FrameSource
    from agent.settings.config import Config, LedConfig, Table


DESCRIPTION = """\
Looks for circles in what the camera sees, and lights the LED while there are any.
Ctrl-C ends it: the LED goes off, and the camera is free for others.
"""

EPILOG = f"""\
One line of JSON tells each thing that happens: started, led-on, sighting (at most one
a second), led-off, camera-lost, camera-chosen (another than before), camera-back,
stopped. Lengths are in pixels.

examples:
  python3 -m agent run                         the board's camera, the LED on GPIO 27
  python3 -m agent run --pins mock             on a laptop with a webcam, without an LED
  python3 -m agent run --path pictures         a folder of pictures instead of a camera
  python3 -m agent run --source rendered --pins mock    a drawn scene, without any camera
  python3 -m agent run --path pictures --frames 20

All settings (pin, how long the LED stays on, size of the frames, ...) are in
{AGENT_CONFIG}; what is given here goes before what stands there.
"""

MOST_FRAMES = 1_000_000_000
# It has a fixed budget of work per frame. OpenCV's transform may need minutes for a cluttered picture.
OWN_DETECTOR = "pilab"
# What can wait until a frame was looked at; a camera cannot.
PATIENT = ("file", "rendered")


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `run` to the commands."""
    parser = subparsers.add_parser(
        "run",
        help="look for circles and light the LED",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=f"settings in TOML (else {AGENT_CONFIG}, if there)")
    parser.add_argument("--source", metavar="S", help=f"where frames come from: {', '.join(SOURCES)}")
    parser.add_argument("--path", metavar="P", help="picture, folder of pictures or video to play instead of a camera")
    parser.add_argument("--pins", metavar="P", help="auto (the pins of this board) or mock (pins that only remember)")
    parser.add_argument("--socket", metavar="FILE", help="let others on this computer look in, by HTTP on this socket")
    parser.add_argument("--frames", type=int, metavar="N", help="end after so many frames")


def main(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run the loop; 0 when it ended because it was told to."""
    config = settings(arguments)
    most_frames = None if arguments.frames is None else Whole(1, MOST_FRAMES).check("--frames", arguments.frames)
    # OpenCV's own words about a camera that is lost would fill the journal; the agent says it once.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    chosen = make_detector(config.circles.detector, config.circles.settings())
    stop = Event()
    inbox = _ended_by_signals(Inbox(stop))
    event_log = EventLog(out)
    runtime = runtime_folder()
    restarts = Restarts(runtime)
    pause_s = restarts.begin()
    with closing(_led(config.led, inbox, pause_s)) as led:
        selector = Selector(config.camera, time.monotonic, stop.wait, log=event_log)
        choice = selector.choose()
        event_log("started", detector=chosen.name, source=choice.source, why=choice.why, **chosen.remark)
        debounce = Debounce(config.led.seen, config.led.of)
        controller = LedController(LedTimer(led, config.led.hold_s), event_log, time.monotonic, most_frames, debounce)
        manager = Systemd(slow=chosen.name != OWN_DETECTOR)
        pictures = Pictures() if config.status.view else None
        loop = CircleLoop(
            Parts(
                open_source=partial(_open_patiently, selector, manager),
                detector=chosen.detector,
                controller=controller,
                manager=manager,
                inbox=inbox,
                stop=stop,
                clock=time.monotonic,
                show=pictures.show if pictures else show_nobody,
                options=LoopOptions(pause_s, every_frame=choice.source in PATIENT and config.camera.fps == 0),
            )
        )
        api = StatusApi(Collector(choice.source, chosen.name, loop, controller).status, _blink_handler(inbox), pictures)
        with status_served(config.status.socket, runtime, api, event_log):
            loop.run()
    restarts.prove()
    return 0


def _led(config: LedConfig, inbox: Inbox, pause_s: float) -> GpioLed:
    """Make the LED; before this run fails for want of it, pause, unless a signal comes."""
    try:
        return GpioLed(config)
    except LedError:
        inbox.next(pause_s)
        raise


def runtime_folder() -> Path | None:
    """Return the folder that systemd made for the service; None if something else started it."""
    folder = os.environ.get("RUNTIME_DIRECTORY", "")
    return Path(folder) if folder else None


def _open_patiently(selector: Selector, manager: Systemd) -> FrameSource:
    """Open the camera; its library, read from a slow card, may hold the whole process up for long."""
    with manager.patience():
        return selector.open()


def _blink_handler(inbox: Inbox) -> Callable[[float], None]:
    return lambda lasting_s: inbox.put(Blink(lasting_s))


def settings(arguments: argparse.Namespace) -> Config:
    """Return the checked settings: defaults, over them the file, over it the command line."""
    tables = _file_tables(arguments.config)
    source = arguments.source or ("file" if arguments.path else None)
    given = {
        "camera": {"source": source, "path": arguments.path},
        "led": {"pins": arguments.pins},
        "status": {"socket": arguments.socket},
    }
    return check_config({**tables, **{name: _merged(tables.get(name, {}), values) for name, values in given.items()}})


def _file_tables(named: Path | None) -> Table:
    if named is None and not AGENT_CONFIG.exists():
        return {}
    return read_config(named or AGENT_CONFIG)


def _merged(table: Any, given: dict[str, str | None]) -> Any:  # noqa: ANN401 -- the file's word, not yet checked
    """Put what was given over a section of the file; what is no section is left for the check to refuse."""
    values = {key: value for key, value in given.items() if value is not None}
    return {**table, **values} if isinstance(table, dict) else table


def _ended_by_signals(inbox: Inbox) -> Inbox:
    """Let Ctrl-C, the service manager and a terminal that closes end the loop."""

    def end(number: int, _frame: FrameType | None) -> None:
        inbox.put(Ended(f"{signal.Signals(number).name} was received"))

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, end)
    return inbox
