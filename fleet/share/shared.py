"""The runs that rooms have shared at one place, as reports, comparisons and questions take them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from fleet.errors import FleetError
from fleet.results import NEWEST
from fleet.share import fetch, tables
from fleet.share.store import open_store

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.report.query import QueryResult
    from fleet.results import Run
    from fleet.share.fetch import SharedRun


class SharedRuns:
    """What is listed once, and fetched when it is asked for."""

    def __init__(self, url: str, cache: Path) -> None:
        """List what is there; ShareError if the place cannot be used, RecordError if nothing was shared there."""
        self._store = open_store(url)
        self._listing = fetch.look(self._store, url)
        self._cache = fetch.Cache(cache)

    @property
    def complaints(self) -> list[str]:
        """What is there and not to be used."""
        return self._listing.complaints

    def run(self, name: str = "") -> Run:
        """Fetch a run by its name, or the newest; RecordError, ShareError or DiskError if it cannot be had."""
        return self._fetched(self._listing.find(name))

    def pair(self, before: str, after: str) -> tuple[Run, Run]:
        """Fetch two runs; the newest is that of the room of the first one. Errors as above."""
        first = self._listing.find(before)
        second = self._listing.find(after, first.address.room if after == NEWEST else "")
        return self._fetched(first), self._fetched(second)

    def others(self, before: str, most: int) -> list[Run]:
        """Fetch the newest other runs of a room; what cannot be had of them is nothing to this question."""
        room = self._listing.find(before).address.room
        found: list[Run] = []
        for key in sorted(self._listing.runs, reverse=True):
            if key[0] == room and len(found) < most:
                with suppress(FleetError):
                    found.append(self._fetched(self._listing.runs[key]))
        return found

    def ask(self, question: str) -> QueryResult:
        """Ask all of them in SQL; RecordError or DiskError if there is no answer."""
        return tables.ask(self._cache, self._store, self._listing, question)

    def _fetched(self, shared: SharedRun) -> Run:
        return self._cache.run(self._store, shared)
