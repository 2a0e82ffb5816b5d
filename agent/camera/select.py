"""Which source the frames come from, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Callable

from agent.board.video import Node, list_nodes
from agent.camera.trial import Rounds
from agent.errors import CameraError

if TYPE_CHECKING:
    from agent.camera.frame_guard import FrameGuard
    from agent.ports import Clock, EventSink, FrameSource, Wait
    from agent.settings.config import CameraConfig

# The camera of the legacy stack, as its driver bcm2835-v4l2 calls it.
LEGACY = "mmal service"
# Kinds of nodes that a person may take for a camera.
NOT_USABLE = ("closed", "unusable")
# No cameras: what they show may well be black or always the same.
PLAYED = ("file", "rendered")


def log_nothing(event: str, **facts: Any) -> None:  # noqa: ANN401 -- whatever JSON can hold
    """Write nothing."""


@dataclass(frozen=True)
class Choice:
    """A source, the reason for it in words, and how to open it."""

    source: str
    why: str
    open: Callable[[], FrameSource]


class Selector:
    """Picks a source anew for each try, since a camera may have been plugged in meanwhile; real cameras are guarded.

    Of several cameras of a board, one that gives nothing is passed over for the next; the log is told why.
    """

    def __init__(
        self,
        camera: CameraConfig,
        clock: Clock,
        wait: Wait,
        look: Callable[[], list[Node]] = list_nodes,
        log: EventSink = log_nothing,
    ) -> None:
        self._camera, self._clock, self._wait, self._look, self._log = camera, clock, wait, look, log
        self._guard: FrameGuard | None = None
        self._rounds = Rounds(clock)
        # What was picked last.
        self.source = ""

    def choose(self) -> Choice:
        """Pick the config's source, or for `auto` what this board has; a choice of "none" cannot be opened."""
        choice = self._choose()
        self.source = choice.source
        return choice

    def _choose(self) -> Choice:
        camera = self._camera
        if camera.source == "auto" and camera.path:
            return self._choice("file", f"camera.path is set, to '{camera.path}'")
        if camera.source == "auto":
            return self._board_camera(self._look())
        return self._choice(camera.source, f"camera.source is {camera.source}{_reads(camera)}")

    def open(self) -> FrameSource:
        """Open what is picked now; the log is told if it is another than before."""
        choice = self.choose()
        if self._rounds.is_news(choice.why):
            self._log("camera-chosen", source=choice.source, why=choice.why)
        return choice.open()

    def _board_camera(self, nodes: list[Node]) -> Choice:
        choices = self._choices(nodes)
        if not choices:
            return _none(_why_none(nodes))
        picked = choices[self._rounds.next([choice.why for choice in choices])]
        opened = replace(picked, open=lambda: self._rounds.watch(picked.why, picked.open))
        return replace(opened, why=picked.why + self._rounds.passed_over(picked.why))

    def _choices(self, nodes: list[Node]) -> list[Choice]:
        """Return what can be opened, best first: cameras with colours, others, and last what libcamera reads."""
        cameras = sorted((node for node in nodes if node.kind == "camera"), key=lambda node: node.last_resort)
        choices = [self._kernel_camera(node) for node in cameras]
        sensor = _sensor(nodes)
        if sensor is not None and find_spec("picamera2"):
            why = f"{sensor.path} is a CSI camera ({sensor.name}) that libcamera reads"
            choices.append(self._choice("picamera2", why))
        return choices

    def _kernel_camera(self, node: Node) -> Choice:
        if node.name.startswith(LEGACY) and find_spec("picamera"):
            return self._choice("legacy", f"{node.path} is the legacy camera ({node.name})")
        return self._choice("v4l2", f"{node.path} is a camera ({node.name})", node.number)

    def _choice(self, source: str, why: str, device: int | None = None) -> Choice:
        """Choose the source of that module, which loads when it is opened: OpenCV takes seconds on a Pi."""
        camera = self._camera if device is None else replace(self._camera, device=device)

        def make() -> FrameSource:
            opened: FrameSource = import_module(f"agent.camera.{source}").open_source(camera, self._clock, self._wait)
            return opened if source in PLAYED else self._guarded(opened)

        return Choice(source, why, make)

    def _guarded(self, opened: FrameSource) -> FrameSource:
        from agent.camera.frame_guard import FrameGuard  # noqa: PLC0415 -- numpy takes a second on a Pi

        self._guard = self._guard or FrameGuard(self._clock)
        return self._guard.over(opened)


def _reads(camera: CameraConfig) -> str:
    """Say which device or file a source reads that has a choice."""
    reads = {"v4l2": f", it reads /dev/video{camera.device}", "file": f", it plays '{camera.path}'"}
    return reads.get(camera.source, "")


def _sensor(nodes: list[Node]) -> Node | None:
    return next((node for node in nodes if node.kind == "sensor"), None)


def _why_none(nodes: list[Node]) -> str:
    remedy = 'plug in a USB camera, or set camera.source to "file" and camera.path to a folder of pictures.'
    unusable = [f"{node.path} ({node.name or 'no name'}): {node.why}" for node in nodes if node.kind in NOT_USABLE]
    left = f" What is there cannot be used: {'; '.join(unusable)}." if unusable else ""
    sensor = _sensor(nodes)
    if sensor is not None:
        return (
            f"{sensor.path} ({sensor.name}) is a CSI camera that only libcamera can read; "
            f"install python3-picamera2, {remedy}{left}"
        )
    return f"This board has no camera that Video4Linux offers; {remedy}{left}"


def _none(why: str) -> Choice:
    def _refuse() -> FrameSource:
        raise CameraError(why)

    return Choice("none", why, _refuse)
