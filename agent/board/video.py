"""What a node of Video4Linux is, asked of its driver: a camera, a sensor for libcamera, or something else and what."""

from __future__ import annotations

import errno
import fcntl
import os
import pwd
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, NamedTuple

Ioctl = Callable[[int, int, bytes], bytes]

DEVICES = Path("/dev")
# linux/videodev2.h, as the kernel lays the structures out: v4l2_capability, v4l2_fmtdesc, v4l2_input.
CAPABILITY = struct.Struct("=16s32s32sIII12x")
FORMAT = struct.Struct("=III32s4s16x")
INPUT = struct.Struct("=I76x")
QUERYCAP, ENUM_FMT, ENUMINPUT = 0x80685600, 0xC0405602, 0xC050561A
CAPTURE, CAPTURE_PLANES = 0x1, 0x1000
CODEC = 0x4000 | 0x8000
META, MEDIA_CONTROLLER, OWN_CAPABILITIES = 0x08A00000, 0x20000000, 0x80000000
FRAMES = 1
# A driver that never says that this was its last format is not asked for ever.
MOST_FORMATS = 64
# What OpenCV makes a picture of (modules/videoio/src/cap_v4l.cpp), of those that also give colour and then the others.
COLOURS = frozenset("MJPG JPEG YUYV UYVY YU12 YV12 NV12 NV21 422P 411P BGR3 RGB3 BGR4 XR24 AR24".split())  # noqa: SIM905 -- one line
GREYS = frozenset({"GREY", "Y16 ", "Y10 ", "Y12 "})
# Of USB cameras alone: a sensor on a ribbon cable needs more than what OpenCV does to these.
MOSAICS = frozenset({"BA81", "GBRG"})
# What a sensor gives as it is: one colour for each pixel, packed or not (the Bayer formats of linux/videodev2.h).
BAYER = re.compile(
    r"BA81|GBRG|GRBG|RGGB|BYR2|BD10|(BG|GB|BA|GR|RG)1[0246]|p[BGgR](AA|CC|EE)|[ab][BGgR]A8|ip3[bgGr]|PC.."
)
# The Pi's receivers of ribbon cables, before their drivers said that the media controller sets them up.
RECEIVERS = ("unicam", "rp1-cfe")
# Names of cameras that see heat or their own lamp: the last to be taken, for they show little of the room.
INFRARED = re.compile(r"\b(IR|infra-?red|thermal)\b", re.IGNORECASE)


class Node(NamedTuple):
    """A node, and what kind it is; `why` says why it is no camera.

    camera, sensor (only libcamera makes pictures of what it gives), closed (to us), unusable (a camera perhaps), other.
    """

    number: int
    kind: str
    why: str = ""
    name: str = ""
    driver: str = ""
    formats: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The file by which programs open it."""
        return f"/dev/video{self.number}"

    @property
    def last_resort(self) -> bool:
        """Tell whether it is taken for want of a better one: it gives no colours, or by its name sees infrared."""
        return bool(INFRARED.search(self.name)) or not (COLOURS | MOSAICS).intersection(self.formats)


@dataclass(frozen=True)
class Answers:
    """What a driver answered: its names, its bus, what it can (V4L2_CAP_*), whether it has an input, its formats."""

    driver: str
    name: str
    bus: str
    can: int
    has_input: bool
    formats: tuple[str, ...]


def list_nodes(devices: Path = DEVICES, ioctl: Ioctl = fcntl.ioctl) -> list[Node]:
    """Ask every node, in the order of their numbers."""
    numbers = (re.fullmatch(r"video(\d{1,4})", node.name) for node in devices.glob("video*"))
    return [ask(devices, number, ioctl) for number in sorted(int(found[1]) for found in numbers if found)]


def ask(devices: Path, number: int, ioctl: Ioctl = fcntl.ioctl) -> Node:
    """Ask one node, whatever it is; nothing is raised."""
    try:
        # As OpenCV opens it; a node that is something else must not hold us up.
        file = os.open(devices / f"video{number}", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return Node(number, "closed", _why_closed(error))
    try:
        answers = _answers(file, ioctl)
    except OSError as error:
        return Node(number, "other", f"its driver does not say what it is ({error.strerror})")
    finally:
        os.close(file)
    return Node(number, *judge(answers), answers.name, answers.driver, answers.formats)


def _why_closed(error: OSError) -> str:
    if error.errno in {errno.EACCES, errno.EPERM}:
        user = _user()
        return f"the user {user} may not open it; let them with: sudo usermod -aG video {user}, and log in again"
    if error.errno == errno.EBUSY:
        return "another program uses it"
    return f"it cannot be opened ({error.strerror})"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _answers(file: int, ioctl: Ioctl) -> Answers:
    """Ask an open node; OSError if it does not even say what it can."""
    driver, name, bus, _, physical, own = CAPABILITY.unpack(ioctl(file, QUERYCAP, bytes(CAPABILITY.size)))
    # `physical` is what all nodes of a device can together.
    can = own if physical & OWN_CAPABILITIES else physical
    return Answers(_text(driver), _text(name), _text(bus), can, _has_input(file, ioctl), tuple(_formats(file, ioctl)))


def _has_input(file: int, ioctl: Ioctl) -> bool:
    try:
        ioctl(file, ENUMINPUT, bytes(INPUT.size))
    except OSError:
        return False
    return True


def _formats(file: int, ioctl: Ioctl) -> list[str]:
    found: list[str] = []
    for index in range(MOST_FORMATS):
        try:
            answer = ioctl(file, ENUM_FMT, FORMAT.pack(index, FRAMES, 0, b"", b""))
        except OSError:
            break
        found.append(FORMAT.unpack(answer)[4].decode("ascii", "replace"))
    return found


def judge(answers: Answers) -> tuple[str, str]:
    """Tell which kind of node answered so, and why it is no camera."""
    if answers.can & CODEC:
        return "other", "it converts what programs give it"
    if not answers.can & CAPTURE:
        return _judge_others(answers.can)
    if _is_raw(answers):
        return "sensor", "only libcamera makes pictures of what its sensor gives"
    if not answers.has_input:
        return "other", "it has no input, so nothing is in front of it"
    return _judge_formats(answers.formats, COLOURS | GREYS | MOSAICS if _is_usb(answers) else COLOURS | GREYS)


def _judge_others(can: int) -> tuple[str, str]:
    if can & CAPTURE_PLANES and not can & MEDIA_CONTROLLER:
        return "unusable", "it gives its frames in several planes"
    if can & META:
        return "other", "it gives numbers about frames, and no frames"
    return "other", "it gives no frames"


def _judge_formats(formats: tuple[str, ...], readable: frozenset[str]) -> tuple[str, str]:
    if readable.intersection(formats):
        return "camera", ""
    if not formats:
        return "unusable", "it has no format now, as a loopback into which nobody writes"
    return "unusable", f"OpenCV reads none of its formats ({', '.join(formats)})"


def _is_raw(answers: Answers) -> bool:
    """Tell whether a program would have to set up sensor and image processor by itself."""
    if answers.can & MEDIA_CONTROLLER or (answers.driver in RECEIVERS and not answers.has_input):
        return True
    mosaic = any(map(BAYER.fullmatch, answers.formats)) and not COLOURS.intersection(answers.formats)
    return mosaic and not _is_usb(answers)


def _is_usb(answers: Answers) -> bool:
    return answers.bus.startswith("usb-")


def _text(field: bytes) -> str:
    """Read a name, whose bytes the device itself may have chosen."""
    text = field.split(b"\0")[0].decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "?" for letter in text).strip()
