"""The threads beside the loop: one keeps the newest frame, one looks for circles in it."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Callable, NamedTuple, TypeVar

from agent.board.descriptors import exhausted
from agent.errors import CameraError, DetectionError, PictureError, SpentError
from agent.loop.messages import Blind, Crashed, Ended, Post, Sight, Skipped, TimedFrame

if TYPE_CHECKING:
    from threading import Event

    from agent.backoff import Backoff
    from agent.loop.latest import Latest
    from agent.ports import Clock, Detector, FrameSource, Show, Wait

Answer = TypeVar("Answer")


# The loop hears a fault long before this is over, also on a busy board.
HEARD_S = 0.2


class Patience(NamedTuple):
    """How long the camera may keep a thread: until that is told, and until it counts as hanging."""

    told_s: float
    hangs_s: float


# A camera this slow shows nothing of now; the LED must not claim that it does. OpenCV itself gives up on a camera after
# 10 s; a driver that takes longer than 30 s hangs, and only a new start helps.
READING = Patience(5.0, 30.0)
# Before a camera is open its library is loaded, from a card that may be slow.
OPENING = Patience(30.0, 180.0)


class Capture:
    """Reads the camera as fast as it gives frames, and opens it again when it is lost."""

    def __init__(
        self, open_source: Callable[[], FrameSource], frames: Latest[TimedFrame], post: Post, clock: Clock, stop: Event
    ) -> None:
        self._open, self._frames, self._post, self._clock, self._stop = open_source, frames, post, clock, stop
        self._asked_s: float | None = None
        self._patience = READING

    def work(self, backoff: Backoff, first_s: float = 0.0) -> None:
        """Go on, after a first pause, until there are no more frames or the agent stops."""
        self._stop.wait(first_s)
        while not self._stop.is_set():
            started_s = self._clock()
            try:
                self._play()
                break
            except Exception as error:  # noqa: BLE001 -- whatever it is, the camera may work when it is opened anew
                lost_s = self._clock()
                self._tell(error, lost_s)
                self._stop.wait(backoff.after(lost_s - started_s))
        self._frames.close()

    def waiting_s(self, now_s: float) -> float:
        """Return for how long the camera has not come back with an answer."""
        asked_s = self._asked_s
        return 0.0 if asked_s is None else now_s - asked_s

    def stalls_s(self, now_s: float) -> float:
        """Return after how long it is to be told that no answer comes; 0 if one may still come."""
        told_s = self._patience.told_s
        return told_s if self.waiting_s(now_s) > told_s else 0.0

    def hangs(self, now_s: float) -> bool:
        """Tell whether the driver has kept this thread for so long that it will not come back."""
        return self.waiting_s(now_s) > self._patience.hangs_s

    def _tell(self, error: Exception, lost_s: float) -> None:
        fault = _fault("Reading the camera", error)
        if exhausted(error):
            spent = f"No more files can be opened, so the agent ends, to be started anew; the last fault was: {fault}"
            self._post(Crashed(SpentError(spent)))
        else:
            self._post(Blind("camera", fault, lost_s))

    def _play(self) -> None:
        source = self._ask(self._open, OPENING)
        try:
            self._play_on(source)
        except Exception as error:
            # The LED is dark before a driver closes, which may take long and keep all threads from running.
            self._tell(error, self._clock())
            self._stop.wait(HEARD_S)
            raise
        finally:
            self._ask(source.close)

    def _play_on(self, source: FrameSource) -> None:
        while not self._stop.is_set():
            try:
                grey = self._ask(source.read)
            except PictureError as error:
                self._post(Skipped(str(error)))
                continue
            if grey is None:
                return
            self._frames.put(TimedFrame(grey, self._clock()))

    def _ask(self, question: Callable[[], Answer], patience: Patience = READING) -> Answer:
        self._patience, self._asked_s = patience, self._clock()
        try:
            return question()
        finally:
            self._asked_s = None


class Detection:
    """Looks for circles in the newest frame, whenever it has done with the one before."""

    def __init__(self, detector: Detector, frames: Latest[TimedFrame], post: Post, clock: Clock, show: Show) -> None:
        self._detector, self._frames, self._post, self._clock, self._show = detector, frames, post, clock, show
        self.looking = False

    def work(self, backoff: Backoff, wait: Wait) -> None:
        """Go on until no more frames come; a detector that fails is left alone for longer and longer."""
        failed_s = float("-inf")
        for frame in iter(self._frames.take, None):
            self.looking = True
            fine = self._look(frame)
            self.looking = False
            if not fine:
                wait(backoff.after(frame.taken_s - failed_s))
                failed_s = self._clock()
        self._post(Ended("there are no more frames"))

    def _look(self, frame: TimedFrame) -> bool:
        started_s = self._clock()
        try:
            circles = self._detector.detect(frame.grey)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the next frame may be better
            self._post(Blind("detection", _fault("Looking for circles", error), frame.taken_s))
            return False
        self._post(Sight(circles, frame.taken_s, self._clock() - started_s))
        self._show(frame.grey, circles)
        return True


def _fault(deed: str, error: Exception) -> str:
    if isinstance(error, (CameraError, DetectionError)):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{deed} failed, there is no memory left ({error}); raise agent_memory_max_mib or take smaller frames."
    return f"{deed} failed: {type(error).__name__}: {error}."


def thread(name: str, work: Callable[[], None], post: Post) -> Thread:
    """Return a thread that posts the mistake it dies of, and that cannot keep the process alive."""

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the loop must not go on without this thread
            post(Crashed(error))

    return Thread(target=run, name=name, daemon=True)
