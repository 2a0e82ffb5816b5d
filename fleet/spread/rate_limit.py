"""How much a board may send: a while as fast as it likes, then no more than so many bytes per second."""

from __future__ import annotations

# Far beyond the some kB per second that Dask needs for a board.
BYTES_PER_S = 2**20
BURST_BYTES = 4 * 2**20
LONGEST_PAUSE_S = 5.0


class RateLimit:
    """What a board has left to send."""

    def __init__(self, now_s: float) -> None:
        self._left = float(BURST_BYTES)
        self._at_s = now_s

    def pause_s(self, count: int, now_s: float) -> float:
        """Return how long to wait after so many bytes before more is read."""
        self._left = min(float(BURST_BYTES), self._left + (now_s - self._at_s) * BYTES_PER_S) - count
        self._at_s = now_s
        return min(LONGEST_PAUSE_S, max(0.0, -self._left / BYTES_PER_S))
