"""`led-off` and `blink`: the LED when the loop is not there to drive it."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from agent.board.paths import AGENT_CONFIG
from agent.errors import NobodyError
from agent.led import GpioLed
from agent.loop.led_timer import FLASH_S
from agent.settings.config import check_config, read_config
from agent.settings.rules import Whole
from agent.view import client

if TYPE_CHECKING:
    import argparse

    from agent.ports import Led
    from agent.settings.config import LedConfig


def add_arguments(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    off = subparsers.add_parser("led-off", help="darken the LED; the service does so when it ends, however it ends")
    off.add_argument("--config", type=Path, default=AGENT_CONFIG, metavar="FILE")
    blink = subparsers.add_parser("blink", help="flash the LED, so that this desk is found")
    blink.add_argument("--seconds", type=int, default=10)
    blink.add_argument("--socket", type=Path, default=client.SOCKET, metavar="FILE")
    blink.add_argument("--config", type=Path, default=AGENT_CONFIG, metavar="FILE")


def main(arguments: argparse.Namespace) -> int:
    """Do either."""
    if arguments.command == "led-off":
        GpioLed(_led(arguments.config)).close()
        return 0
    seconds = Whole(1, client.LONGEST_BLINK_S).check("--seconds", arguments.seconds)
    try:  # the agent has the pin, and flashes it without losing a frame
        sys.stdout.write(client.ask(arguments.socket, f"/blink/{seconds}", "POST").decode(errors="replace"))
    except NobodyError:
        with closing(GpioLed(_led(arguments.config))) as led:
            _flash(led, seconds)
    return 0


def _led(config: Path) -> LedConfig:
    is_default = config == AGENT_CONFIG and not config.exists()
    return check_config({} if is_default else read_config(config)).led


def _flash(led: Led, seconds: float) -> None:
    """Flash an LED that nobody else has."""
    sys.stdout.write(f"The LED flashes for {seconds:g} s.\n")
    sys.stdout.flush()
    for _ in range(round(seconds / FLASH_S / 2)):
        led.on()
        time.sleep(FLASH_S)
        led.off()
        time.sleep(FLASH_S)
