"""Where the loop hears from its threads and from signals."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from agent.loop.messages import Message, Sight

if TYPE_CHECKING:
    from threading import Event

# Unheard sights are only ever many if nobody reads the event log: the detector waits then, and memory is not filled.
MOST_UNHEARD = 16
RETRY_S = 0.05
# In Python 3.9 SimpleQueue.get waits for ever when its time is over before it begins to wait (what is left of it turns
# negative in _queue.c), as happens on a slow board.
LEAST_WAIT_S = 0.01


class Inbox:
    """Messages in order; a signal handler may put one too, because a SimpleQueue can be entered twice."""

    def __init__(self, stop: Event) -> None:
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self._stop = stop

    def put(self, message: Message) -> None:
        """Leave a message; a sight waits for room."""
        while isinstance(message, Sight) and self._messages.qsize() >= MOST_UNHEARD:
            if self._stop.wait(RETRY_S):
                return
        self._messages.put(message)

    def next(self, patience_s: float) -> Message | None:
        """Return the oldest message, or None if there is none for so long."""
        try:
            if patience_s < LEAST_WAIT_S:
                return self._messages.get_nowait()
            return self._messages.get(timeout=patience_s)
        except Empty:
            return None
