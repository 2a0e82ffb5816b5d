"""`run`: puts camera, detector and LED together and keeps the circle loop going until a signal ends it."""

from __future__ import annotations

import argparse
import signal
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Callable, TextIO

from agent.board.paths import AGENT_CONFIG
from agent.camera.select import Selector
from agent.circles import make_detector
from agent.commands import preflight
from agent.errors import LedError, reason
from agent.led import GpioLed
from agent.loop.circle import CircleLoop, LoopOptions, Parts, show_nobody
from agent.loop.controller import LedController
from agent.loop.debounce import Debounce
from agent.loop.inbox import Inbox
from agent.loop.led_timer import LedTimer
from agent.loop.messages import Blink, Ended
from agent.service.chatter import hush
from agent.service.events import EventLog
from agent.service.restarts import Restarts
from agent.service.systemd import Systemd
from agent.settings.config import SOURCES
from agent.settings.rules import Whole
from agent.view.collector import Collector
from agent.view.pictures import Pictures
from agent.view.serving import status_served
from agent.view.status_api import StatusApi

if TYPE_CHECKING:
    from types import FrameType

    from agent.ports import FrameSource
    from agent.settings.config import LedConfig


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
                                               (a laptop: its webcam, a mock LED)
  python3 -m agent run --path pictures         a folder of pictures instead of a camera
  python3 -m agent run --source rendered       a drawn scene, without any camera
  python3 -m agent run --path pictures --frames 20

All settings (pin, how long the LED stays on, size of the frames, ...) are in
{AGENT_CONFIG}; what is given here goes before what stands there.
"""

MOST_FRAMES = 1_000_000_000
# It has a fixed budget of work per frame. OpenCV's transform may need minutes for a cluttered picture.
OWN_DETECTOR = "pilab"


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
    parser.add_argument("--pins", metavar="P", help="auto (insist on real pins) or mock (pins that only remember)")
    parser.add_argument("--socket", metavar="FILE", help="let others on this computer look in, by HTTP on this socket")
    parser.add_argument("--frames", type=int, metavar="N", help="end after so many frames")


def main(arguments: argparse.Namespace, out: TextIO) -> int:
    """Run the loop; 0 when it ended because it was told to. Why it failed stays where `systemctl status` looks."""
    try:
        return _run(arguments, out)
    except Exception as error:
        Systemd().status(f"Failed: {reason(error)}")
        raise


def _run(arguments: argparse.Namespace, out: TextIO) -> int:
    most_frames = None if arguments.frames is None else Whole(1, MOST_FRAMES).check("--frames", arguments.frames)
    config, runtime = preflight.checked(arguments), preflight.runtime_folder()
    hush()
    chosen = make_detector(config.circles.detector, config.circles.settings())
    stop = Event()
    inbox = _ended_by_signals(Inbox(stop))
    event_log = EventLog(out)
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
                options=LoopOptions(pause_s, every_frame=choice.source in preflight.PATIENT and config.camera.fps == 0),
            )
        )
        collector = Collector(lambda: selector.source, chosen.name, loop, controller)
        api = StatusApi(collector.status, _blink_handler(inbox), pictures)
        with status_served(config.status.socket, runtime, api, event_log):
            loop.run()
    restarts.prove()
    return 0


def _led(config: LedConfig, inbox: Inbox, pause_s: float) -> GpioLed:
    """Make the LED; before this run fails for want of it, say so and pause, unless a signal comes."""
    try:
        return GpioLed(config)
    except LedError as error:
        Systemd().status(f"Failed: {reason(error)}")
        inbox.next(pause_s)
        raise


def _open_patiently(selector: Selector, manager: Systemd) -> FrameSource:
    """Open the camera; its library, read from a slow card, may hold the whole process up for long."""
    with manager.patience():
        return selector.open()


def _blink_handler(inbox: Inbox) -> Callable[[float], None]:
    return lambda lasting_s: inbox.put(Blink(lasting_s))


def _ended_by_signals(inbox: Inbox) -> Inbox:
    """Let Ctrl-C, the service manager and a terminal that closes end the loop.

    What was ignored at the start stays so: nohup does that, and a shell for what a script runs in the background.
    """

    def end(number: int, _frame: FrameType | None) -> None:
        inbox.put(Ended(f"{signal.Signals(number).name} was received"))

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, end)
    return inbox
