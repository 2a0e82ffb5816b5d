"""What a bundle carries, put together of what groups of boards need: nothing of one ever replaces another's."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from fleet.bundle import pack
from fleet.errors import BundleError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.bundle.root import Deb


@dataclass
class Bundle:
    """What boards need, as far as it was found out; `files` are by address, `debs` by their address too."""

    names: set[str] = field(default_factory=set)
    debs: dict[str, Deb] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    # The addresses of the archives that it is from.
    archives: set[str] = field(default_factory=set)
    has_news: bool = False

    def take(self, other: Bundle) -> None:
        """Take in what other boards need; BundleError, and nothing changed, if it is in the way of what is here."""
        for mine, theirs in product(self.archives, other.archives):
            if mine != theirs and (f"{mine}/".startswith(f"{theirs}/") or theirs.startswith(f"{mine}/")):
                raise BundleError(
                    lazy(
                        "its package source {theirs} is in the way of {mine}, which other boards have.",
                        theirs=theirs,
                        mine=mine,
                    )
                )
        places = {pack.place_of(uri): path for uri, path in self.files.items()}
        for uri, path in other.files.items():
            there = places.get(pack.place_of(uri))
            if there and pack.sha256(there) != pack.sha256(path):
                raise BundleError(
                    lazy(
                        "what its package sources give as {uri} is not what other boards get there; correct its "
                        "/etc/apt/sources.list, or gather again if the archive was just brought up to date.",
                        uri=uri,
                    )
                )
        self.names |= other.names
        self.debs |= other.debs
        self.files = other.files | self.files
        self.archives |= other.archives
        self.has_news = True
