"""Which source the frames come from, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from agent.errors import CameraError

if TYPE_CHECKING:
    from agent.config import CameraConfig
    from agent.ports import Clock, FrameSource, Wait

# Sensors that the kernel lists as video devices, but whose raw data only libcamera turns into frames (opencv#22820).
RAW_SENSORS = ("unicam", "rp1-cfe")
# The Pi's video devices that are no cameras: decoders, scalers, image processors.
NO_CAMERAS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "rpi-hevc", "rpivid")
SYSFS_DEVICES = Path("/sys/class/video4linux")


@dataclass(frozen=True)
class Choice:
    """A source, the reason for it in words, and how to open it."""

    source: str
    why: str
    open: Callable[[], FrameSource]


def choose(camera: CameraConfig, clock: Clock, wait: Wait, devices: Path = SYSFS_DEVICES) -> Choice:
    """Pick the config's source, or for `auto` what this board has; a choice of "none" cannot be opened."""
    if camera.source == "file":
        return _file(camera, clock, wait, f"camera.source is file, it plays '{camera.path}'")
    if camera.source == "v4l2":
        return _v4l2(camera, camera.device, f"camera.source is v4l2, it reads /dev/video{camera.device}")
    if camera.path:
        return _file(camera, clock, wait, f"camera.path is set, to '{camera.path}'")
    return _board_camera(camera, list_devices(devices))


def list_devices(devices: Path) -> dict[int, str]:
    """Return the names of the kernel's video devices by their number; a camera's second device is left out."""
    nodes = {int(node.name[len("video") :]): node for node in devices.glob("video[0-9]*")}
    return {
        number: _text(node / "name") for number, node in sorted(nodes.items()) if _text(node / "index") in {"", "0"}
    }


def _board_camera(camera: CameraConfig, names: dict[int, str]) -> Choice:
    device = _first_camera(names)
    if device is not None:
        return _v4l2(camera, device, f"/dev/video{device} is a camera ({names[device]})")
    return _none(_why_none(names))


def _first_camera(names: dict[int, str]) -> int | None:
    usable = (number for number, name in names.items() if not name.startswith(RAW_SENSORS + NO_CAMERAS))
    return next(usable, None)


def _why_none(names: dict[int, str]) -> str:
    remedy = 'plug in a USB camera, or set camera.source to "file" and camera.path to a folder of pictures.'
    for number, name in names.items():
        if name.startswith(RAW_SENSORS):
            return f"/dev/video{number} ({name}) is a CSI camera that only libcamera can read; {remedy}"
    return f"This board has no camera that Video4Linux offers; {remedy}"


def _v4l2(camera: CameraConfig, device: int, why: str) -> Choice:
    def open_device() -> FrameSource:
        from agent.camera.v4l2 import V4l2Source  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

        return V4l2Source(device, camera.width_px, camera.height_px)

    return Choice("v4l2", why, open_device)


def _file(camera: CameraConfig, clock: Clock, wait: Wait, why: str) -> Choice:
    def open_path() -> FrameSource:
        from agent.camera.file import open_file  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

        return open_file(camera, clock, wait)

    return Choice("file", why, open_path)


def _none(why: str) -> Choice:
    def refuse() -> FrameSource:
        raise CameraError(why)

    return Choice("none", why, refuse)


def _text(file: Path) -> str:
    """Return a file of sysfs without its line end; nothing if the device has gone meanwhile."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
