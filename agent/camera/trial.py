"""Several cameras, of which the first that gives frames is kept: those that gave none in this round are passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

from agent.errors import CameraError

if TYPE_CHECKING:
    from agent.ports import Clock, FrameSource, Grey

# What is lost sooner after its first frame, black or frozen perhaps, gave nothing worth having.
LASTS_S = 10.0


class Rounds:
    """Remembers which cameras were tried in vain since the last that gave frames, or since all had been tried."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._vain: dict[str, str] = {}
        self._last = ""
        self._told: set[str] = set()

    def is_news(self, why: str) -> bool:
        """Tell whether this choice is another than the last and was not told since, for dead ones take turns."""
        news = self._last not in {"", why} and why not in self._told
        self._last = why
        self._told.add(why)
        return news

    def next(self, names: list[str]) -> int:
        """Return which of them to try now: the first that was not tried yet."""
        return next((number for number, name in enumerate(names) if name not in self._vain), 0)

    def passed_over(self, picked: str) -> str:
        """Return in words what was tried before the one that is picked."""
        faults = (fault.rstrip(".") for name, fault in self._vain.items() if name != picked)
        return "".join(f"; passed over: {fault}" for fault in faults)

    def watch(self, name: str, open_source: Callable[[], FrameSource]) -> FrameSource:
        """Open a camera and see whether it lasts."""
        try:
            return Watched(open_source(), self, name, self._clock)
        except CameraError as error:
            self.note(name, str(error))
            raise

    def note(self, name: str, fault: str) -> None:
        """Take down that one was tried in vain; one that was before begins a new round."""
        if name in self._vain:
            self._vain.clear()
        self._vain[name] = fault

    def forget(self) -> None:
        """Begin anew: one gives frames."""
        self._vain.clear()
        self._told.clear()


class Watched:
    """A camera whose first seconds show whether it is worth having."""

    def __init__(self, source: FrameSource, rounds: Rounds, name: str, clock: Clock) -> None:
        self._source, self._rounds, self._name, self._clock = source, rounds, name, clock
        self._first_s: float | None = None
        self._lasts = False

    def read(self) -> Grey | None:
        """Wait for the next frame."""
        try:
            grey = self._source.read()
        except CameraError as error:
            if not self._lasts:
                self._rounds.note(self._name, str(error))
            raise
        if not self._lasts:
            self._look_at_the_clock()
        return grey

    def close(self) -> None:
        """Leave the camera to others."""
        self._source.close()

    def _look_at_the_clock(self) -> None:
        now_s = self._clock()
        if self._first_s is None:
            self._first_s = now_s
        if now_s - self._first_s >= LASTS_S:
            self._lasts = True
            self._rounds.forget()
