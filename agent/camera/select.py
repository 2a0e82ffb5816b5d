"""Which source the frames come from, and why."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Callable

from agent.board.kernel import read
from agent.errors import CameraError

if TYPE_CHECKING:
    from agent.camera.frame_guard import FrameGuard
    from agent.ports import Clock, FrameSource, Wait
    from agent.settings.config import CameraConfig

# Sensors that the kernel lists as video devices, but whose raw data only libcamera turns into frames (opencv#22820).
RAW_SENSORS = ("unicam", "rp1-cfe")
# The camera of the legacy stack, as its driver bcm2835-v4l2 calls it.
LEGACY = "mmal service"
# The Pi's video devices that are no cameras: decoders, scalers, image processors.
NO_CAMERAS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "rpi-hevc", "rpivid")
SYSFS_DEVICES = Path("/sys/class/video4linux")


@dataclass(frozen=True)
class Choice:
    """A source, the reason for it in words, and how to open it."""

    source: str
    why: str
    open: Callable[[], FrameSource]


class Selector:
    """Picks a source anew for each try, since a camera may have been plugged in meanwhile; real cameras are guarded."""

    def __init__(self, camera: CameraConfig, clock: Clock, wait: Wait, devices: Path = SYSFS_DEVICES) -> None:
        self._camera, self._clock, self._wait, self._devices = camera, clock, wait, devices
        self._guard: FrameGuard | None = None

    def choose(self) -> Choice:
        """Pick the config's source, or for `auto` what this board has; a choice of "none" cannot be opened."""
        camera = self._camera
        if camera.source == "auto" and camera.path:
            return self._file(f"camera.path is set, to '{camera.path}'")
        if camera.source == "auto":
            return self._board_camera(list_devices(self._devices))
        named = {
            "v4l2": lambda why: self._v4l2(camera.device, f"{why}, it reads /dev/video{camera.device}"),
            "picamera2": self._picamera2,
            "legacy": self._legacy,
            "file": lambda why: self._file(f"{why}, it plays '{camera.path}'"),
            "rendered": self._rendered,
        }
        return named[camera.source](f"camera.source is {camera.source}")

    def open(self) -> FrameSource:
        """Open what is picked now."""
        return self.choose().open()

    def _board_camera(self, names: dict[int, str]) -> Choice:
        device = _first_camera(names)
        if device is not None and names[device].startswith(LEGACY) and find_spec("picamera"):
            return self._legacy(f"/dev/video{device} is the legacy camera ({names[device]})")
        if device is not None:
            return self._v4l2(device, f"/dev/video{device} is a camera ({names[device]})")
        sensor = next((number for number, name in names.items() if name.startswith(RAW_SENSORS)), None)
        if sensor is not None and find_spec("picamera2"):
            return self._picamera2(f"/dev/video{sensor} is a CSI camera ({names[sensor]}) that libcamera reads")
        return _none(_why_none(names, sensor))

    def _v4l2(self, device: int, why: str) -> Choice:
        def make() -> FrameSource:
            from agent.camera.v4l2 import V4l2Source  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

            return V4l2Source(device, self._camera.width_px, self._camera.height_px)

        return self._guarded("v4l2", why, make)

    def _picamera2(self, why: str) -> Choice:
        def make() -> FrameSource:
            from agent.camera.picamera2 import Picamera2Source  # noqa: PLC0415 -- libcamera takes seconds on a Pi

            return Picamera2Source(self._camera.device, self._camera.width_px, self._camera.height_px)

        return self._guarded("picamera2", why, make)

    def _legacy(self, why: str) -> Choice:
        def make() -> FrameSource:
            from agent.camera.legacy import LegacySource  # noqa: PLC0415 -- only this source needs it

            return LegacySource(self._camera.width_px, self._camera.height_px)

        return self._guarded("legacy", why, make)

    def _guarded(self, source: str, why: str, make: Callable[[], FrameSource]) -> Choice:
        def make_guarded() -> FrameSource:
            from agent.camera.frame_guard import FrameGuard  # noqa: PLC0415 -- numpy takes a second on a Pi

            self._guard = self._guard or FrameGuard(self._clock)
            return self._guard.over(make())

        return Choice(source, why, make_guarded)

    def _file(self, why: str) -> Choice:
        def make() -> FrameSource:
            from agent.camera.file import open_file  # noqa: PLC0415 -- OpenCV takes seconds on a Pi

            return open_file(self._camera, self._clock, self._wait)

        return Choice("file", why, make)

    def _rendered(self, why: str) -> Choice:
        def make() -> FrameSource:
            from agent.camera.pace import Pace  # noqa: PLC0415 -- only what is chosen
            from agent.camera.rendered import RenderedSource, Scene  # noqa: PLC0415 -- numpy takes a second on a Pi

            scene = Scene(self._camera.width_px, self._camera.height_px)
            return RenderedSource(scene, Pace(self._camera.fps, self._clock, self._wait), loop=self._camera.loop)

        return Choice("rendered", why, make)


def list_devices(devices: Path) -> dict[int, str]:
    """Return the names of the kernel's video devices by their number; a camera's second device is left out."""
    nodes = {int(node.name[len("video") :]): node for node in devices.glob("video[0-9]*")}
    return {number: read(node / "name") for number, node in sorted(nodes.items()) if read(node / "index") in {"", "0"}}


def _first_camera(names: dict[int, str]) -> int | None:
    usable = (number for number, name in names.items() if not name.startswith(RAW_SENSORS + NO_CAMERAS))
    return next(usable, None)


def _why_none(names: dict[int, str], sensor: int | None) -> str:
    remedy = 'plug in a USB camera, or set camera.source to "file" and camera.path to a folder of pictures.'
    if sensor is not None:
        return (
            f"/dev/video{sensor} ({names[sensor]}) is a CSI camera that only libcamera can read; "
            f"install python3-picamera2, {remedy}"
        )
    return f"This board has no camera that Video4Linux offers; {remedy}"


def _none(why: str) -> Choice:
    def _refuse() -> FrameSource:
        raise CameraError(why)

    return Choice("none", why, _refuse)
