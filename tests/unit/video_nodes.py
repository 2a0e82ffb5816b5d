"""Nodes of Video4Linux as files that say what their driver answers, in the kernel's own structures (simulated)."""

from __future__ import annotations

import errno
import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from agent.board import video

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

CAPTURE, CAPTURE_PLANES, OUTPUT, M2M_PLANES, META = 0x1, 0x1000, 0x2, 0x4000, 0x800000
STREAMING, MEDIA_CONTROLLER, DEVICE_CAPS = 0x4000000, 0x20000000, 0x80000000
BAYER = ("BA81", "pBAA", "BG10", "pBCC")
WEBCAM = ("MJPG", "YUYV")


def add_node(  # noqa: PLR0913 -- what a driver answers
    devices: Path,
    number: int,
    name: str,
    formats: tuple[str, ...] = WEBCAM,
    *,
    driver: str = "uvcvideo",
    can: int = CAPTURE,
    inputs: int = 1,
) -> None:
    """Add a node; without more it is a webcam."""
    devices.mkdir(exist_ok=True)
    answers = {"driver": driver, "name": name, "can": can, "formats": formats, "inputs": inputs}
    (devices / f"video{number}").write_text(json.dumps(answers))


def ioctl(file: int, request: int, asked: bytes) -> bytes:
    """Answer as the kernel does for the driver that the open file describes."""
    try:
        answers = json.loads(os.pread(file, 4096, 0))
    except ValueError as error:
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY)) from error
    if request == video.QUERYCAP:
        return capability(answers)
    if request == video.ENUMINPUT and not answers["inputs"]:
        raise OSError(errno.ENOTTY, os.strerror(errno.ENOTTY))
    index = int.from_bytes(asked[:4], "little")
    each: Sequence[Any] = range(answers["inputs"]) if request == video.ENUMINPUT else answers["formats"]
    if index >= len(each):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    if request == video.ENUMINPUT:
        return asked
    return video.FORMAT.pack(index, video.FRAMES, 0, b"words", each[index].encode())


def capability(answers: dict[str, Any]) -> bytes:
    """Return what a driver says of itself and of a node of its."""
    driver, name = (answers[key].encode() for key in ("driver", "name"))
    bus = b"usb-0000:01:00.0-1.2" if answers["driver"] in {"uvcvideo", "gspca_main"} else b"platform:soc"
    # All nodes of a device together can more than one of them.
    can = answers["can"] | STREAMING
    return video.CAPABILITY.pack(driver, name, bus, 0x60C00, can | CAPTURE | META | DEVICE_CAPS, can)


def looking(devices: Path) -> Callable[[], list[video.Node]]:
    """What a Selector asks instead of the nodes of this computer."""
    return partial(video.list_nodes, devices, ioctl)
