"""Sentences about boards, put together where they say the same of each: thirty boards would fill a screen; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleet.i18n import LazyText, lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Of two boards each has its own sentence.
FEWEST = 3
OWN = "\0"
# Besides its name, each board has these of its own.
OWN_VALUES = ("address", "time")


def groups(told: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Put boards and their sentences together that differ in nothing but the board's name, address and time."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for board, sentence in told:
        alike.setdefault(_kind(board, sentence), []).append((board, sentence))
    return [part for its in alike.values() for part in ([its] if len(its) >= FEWEST else [[one] for one in its])]


def told(its: Sequence[tuple[str, str]]) -> list[str]:
    """Say it of the first board of a group, and which others it is the same of."""
    (_, sentence), *others = its
    names = ", ".join(board for board, _ in others)
    rest = lazy("  The same of {count} more boards: {boards}", count=len(others), boards=names)
    return [sentence, rest] if others else [sentence]


def _kind(board: str, sentence: str) -> str:
    """Return a sentence without what is the board's own; a sentence that a board wrote itself stays as it is."""
    values = sentence.values if isinstance(sentence, LazyText) else {}
    for own in filter(None, (board, *(str(values.get(name, "")) for name in OWN_VALUES))):
        sentence = re.sub(rf"(?<![\w.-]){re.escape(own)}(?![\w-])", OWN, sentence)
    return sentence
