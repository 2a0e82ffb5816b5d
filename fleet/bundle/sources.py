"""The package sources of a board, as its private root of apt gets them, and what is said of those that fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleet.bundle.board import SOURCES
from fleet.errors import BundleError
from fleet.i18n import lazy
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fleet.bundle.board import BoardPackages


def usable(seen: BoardPackages) -> list[Any]:
    """Return the sources from which a board takes packages of its architecture; BundleError if it has none."""
    found: list[Any] = plugin("module_utils", "apt_sources").of_architecture(seen.sources(), seen.architecture)
    if not found:
        raise BundleError(
            lazy("{board} has no package sources in the network; see its /etc/apt/sources.list.", board=seen.board)
        )
    return found


def sources_for(sources: Sequence[Any], architecture: str, root: Path) -> dict[str, bytes]:
    """Return the files with package sources and the keys from there."""
    files = plugin("module_utils", "apt_sources").written(sources, architecture, str(root / "etc/apt"), str(root))
    return {f"etc/apt/{name}": text.encode() for name, text in files.items()}


def without(sources: Sequence[Any], failed: Sequence[Any]) -> list[Any]:
    """Return the sources but for those that failed."""
    places = {(each.uri, each.suite) for each in failed}
    return [each for each in sources if (each.uri, each.suite) not in places]


def notes_on(failed: Sequence[Any], seen: BoardPackages) -> list[str]:
    """Return a sentence on each source that failed, with the file of the board that it stands in."""
    words, sources = plugin("module_utils", "apt_words"), plugin("module_utils", "apt_sources")
    files = {f"/{path}": seen.text(path) for path in seen.below(SOURCES)}
    return [words.note(each, sources.file_with(files, each.uri, each.suite)) for each in failed]
