"""Which of the kernel's GPIO chips has the pins of the header: found by its label, since its number moved."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

from agent.board.kernel import read

# linux/gpio.h: struct gpiochip_info is a name, a label and the number of lines; _IOR(0xB4, 0x01, 68 bytes).
INFO = struct.Struct("=32s32sI")
ASK_INFO = 0x8044B401
# The header's chip: Pi 1 to 3 and Zeros, Pi 4, Pi 5 (gpiochip4 up to Linux 6.6.20, gpiochip0 and others later).
PI_5 = "pinctrl-rp1"
HEADERS = ("pinctrl-bcm2835", "pinctrl-bcm2711", PI_5)
DEVICES = Path("/dev")
MODEL = Path("/proc/device-tree/model")


def header_chip(devices: Path = DEVICES) -> tuple[int, str] | None:
    """Return number and label of the header's chip; None if this computer has none, or it may not be asked."""
    nodes = sorted(devices.glob("gpiochip[0-9]*"))
    labels = ((int(node.name[len("gpiochip") :]), _ask_label(node)) for node in nodes)
    return next((chip for chip in labels if chip[1].startswith(HEADERS)), None)


def has_pins(devices: Path = DEVICES, model: Path = MODEL) -> bool:
    """Tell whether LEDs can be on pins here: on a Pi (also if its pins are closed to this account), or by gpiozero."""
    return "GPIOZERO_PIN_FACTORY" in os.environ or "Raspberry Pi" in read(model) or header_chip(devices) is not None


def _ask_label(node: Path) -> str:
    try:
        file = os.open(node, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return parse_label(fcntl.ioctl(file, ASK_INFO, bytes(INFO.size)))
    except OSError:
        return ""
    finally:
        os.close(file)


def parse_label(info: bytes) -> str:
    """Read the label out of what the kernel says about a chip."""
    return str(INFO.unpack(info)[1].split(b"\0")[0], "ascii", "replace")
