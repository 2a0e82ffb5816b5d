"""Steadying: a sight counts only when enough of the last frames had circles."""

from __future__ import annotations

from collections import deque


class Debounce:
    """Passes a sight on when `seen` of the last `of` frames had circles; 1 of 1 passes every one."""

    def __init__(self, seen: int = 1, of: int = 1) -> None:
        self._seen = seen
        self._last: deque[bool] = deque(maxlen=of)

    def counts(self, *, found: bool) -> bool:
        """Note a frame; tell whether the LED may light or be held by it."""
        self._last.append(found)
        return found and sum(self._last) >= self._seen

    def forget(self) -> None:
        """Begin anew, after a time in which nothing was seen."""
        self._last.clear()
