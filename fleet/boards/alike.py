"""Sentences about boards, put together where they say the same of each: thirty boards would fill a screen; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fleet.i18n import LazyText

if TYPE_CHECKING:
    from collections.abc import Iterable

# Of two boards each has its own sentence.
FEWEST = 3
OWN = "\0"


def groups(told: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Put boards and their sentences together that differ in nothing but the board's name and address."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for board, sentence in told:
        alike.setdefault(_kind(board, sentence), []).append((board, sentence))
    return [part for its in alike.values() for part in ([its] if len(its) >= FEWEST else [[one] for one in its])]


def _kind(board: str, sentence: str) -> str:
    """Return a sentence without what is the board's own; a sentence that a board wrote itself stays as it is."""
    values = sentence.values if isinstance(sentence, LazyText) else {}
    address = str(values.get("address", ""))
    for own in filter(None, (board, address)):
        sentence = re.sub(rf"(?<![\w.-]){re.escape(own)}(?![\w-])", OWN, sentence)
    return sentence
