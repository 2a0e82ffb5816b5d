"""Handing things from a fast thread to a slow one without a queue."""

from __future__ import annotations

from threading import Condition
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Latest(Generic[Item]):
    """Keeps the newest item only: what was not taken before the next one came is dropped.

    With `waits`, whoever puts an item waits instead until the one before was taken.
    """

    def __init__(self, *, waits: bool = False) -> None:
        self._waits = waits
        self._changed = Condition()
        self._item: Item | None = None
        self._closed = False
        self.dropped = 0

    def put(self, item: Item) -> None:
        """Offer an item in place of the one before."""
        with self._changed:
            if self._waits:
                self._changed.wait_for(lambda: self._item is None or self._closed)
            self.dropped += self._item is not None
            self._item = item
            self._changed.notify_all()

    def take(self) -> Item | None:
        """Wait for an item; None once it is closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed)
            item, self._item = self._item, None
            self._changed.notify_all()
            return item

    def close(self) -> None:
        """Let whoever waits go; an item that lies there can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
