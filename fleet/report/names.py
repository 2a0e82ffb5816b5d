"""Names of many boards in few words; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>[0-9]{1,9})")
# Two boards that follow each other are two names, not a stretch.
FEWEST = 3


def stretched(names: Iterable[str]) -> str:
    """List names; three and more that are numbered one after the other become a stretch: pi01-pi16, pi20."""
    stretches: list[list[str]] = []
    for name in names:
        if stretches and _follows(stretches[-1][-1], name):
            stretches[-1].append(name)
        else:
            stretches.append([name])
    return ", ".join(_written(each) for each in stretches)


def _follows(before: str, after: str) -> bool:
    first, second = NUMBERED.fullmatch(before), NUMBERED.fullmatch(after)
    return (
        first is not None
        and second is not None
        and first["stem"] == second["stem"]
        and int(second["number"]) == int(first["number"]) + 1
        and len(second["number"]) >= len(first["number"])
    )


def _written(stretch: Sequence[str]) -> str:
    return ", ".join(stretch) if len(stretch) < FEWEST else f"{stretch[0]}\N{EN DASH}{stretch[-1]}"


def cut(names: Sequence[str], most: int = 8) -> LazyText:
    """List names, and of those that would fill a screen how many more there are."""
    if len(names) <= most:
        return lazy("{names}", names=stretched(names))
    return lazy("{names} and {count} more", names=stretched(names[:most]), count=len(names) - most)
