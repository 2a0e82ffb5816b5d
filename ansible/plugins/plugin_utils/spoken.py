"""Says what rows and notes say in the language of the terminal, where that is known; the rest stays as it came."""

from __future__ import annotations

import os
import re
import string
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent
# In characters. Longer texts are no sentences of ours, and a longer value makes a search slow.
LONGEST, LONGEST_VALUE = 1000, 400
# A sentence may hold others, as a row holds why a board is unreachable.
DEEPEST = 3
COUNT = "count"


def of_locale(environment: Mapping[str, str]) -> str:
    """Return the language that a terminal is set to, as gettext finds it."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next((name for name in names if name), "").partition(".")[0].partition("_")[0]


def say(sentence: str) -> str:
    """Say a sentence in the language of the terminal."""
    return said(sentence, of_locale(os.environ))


def said(sentence: str, language: str, depth: int = 0) -> str:
    """Say a sentence, and those that it holds, in a language; as it is where nobody has translated it."""
    if len(sentence) > LONGEST or depth > DEEPEST:
        return sentence
    for pattern, translation in catalog(language):
        if found := pattern.fullmatch(sentence):
            values = {name: said(value, language, depth + 1) for name, value in found.groupdict().items()}
            return translation.format(**values)
    return sentence


@cache
def catalog(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the sentences of a language, the fixed ones first; none for a language that nobody has written."""
    path = FOLDER / f"words_{language}.yml"
    if not language.isalpha() or not path.exists():
        return ()
    words = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    ordered = sorted(words.items(), key=lambda pair: (pair[0].count("{"), -len(pair[0])))
    return tuple((_pattern(template), translation) for template, translation in ordered)


def _pattern(template: str) -> re.Pattern[str]:
    parts = string.Formatter().parse(template)
    return re.compile("".join(re.escape(text) + _value(name) for text, name, *_ in parts))


def _value(name: str | None) -> str:
    """Return the pattern of a value: of digits if it is a count, else of anything."""
    if name is None:
        return ""
    return f"(?P<{name}>[0-9]+)" if name == COUNT else f"(?P<{name}>.{{1,{LONGEST_VALUE}}}?)"
