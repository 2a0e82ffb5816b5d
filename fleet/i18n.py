"""Sentences that can be said in another language: English in the code, the others beside it, in gettext's files."""

from __future__ import annotations

import os
from functools import cache, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleet.errors import FleetError, PlanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from babel.messages.catalog import Catalog

ENGLISH = "en"
FOLDER = Path(__file__).parent / "languages"


class LazyText(str):
    """An English sentence that remembers how it was made, so that it can be made in another language."""

    __slots__ = ("template", "values")

    template: str
    values: dict[str, Any]


def lazy(template: str, /, **values: Any) -> LazyText:  # noqa: ANN401 (whatever can be formatted)
    """Make a sentence; its values stand in braces, as `str.format` has them, and may be such sentences themselves."""
    spoken = {name: str(value) if isinstance(value, FleetError) else value for name, value in values.items()}
    return _made(template.format(**spoken), template, spoken)


def _made(english: str, template: str, values: dict[str, Any]) -> LazyText:
    made = LazyText(english)
    made.template, made.values = template, values
    return made


def upper(text: str) -> str:
    """Begin an English sentence with a text; in a language without such letters it is said as it is."""
    english = text[:1].upper() + text[1:]
    return _made(english, text.template, text.values) if isinstance(text, LazyText) else english


def joined(between: str, texts: Sequence[str]) -> str:
    """Put texts, which can be sentences, one behind the other; nothing if there are none."""
    return reduce(
        lambda one, other: lazy("{one}{between}{other}", one=one, between=between, other=other), texts or [""]
    )


def ended(words: str) -> str:
    """End words with a full stop, unless they are whole sentences and have theirs."""
    return words if words.endswith(".") else lazy("{words}.", words=words)


def noop(template: str) -> str:
    """Tell translators of a template that is used elsewhere."""
    return template


class Language:
    """Says sentences in one language, and leaves in English what was never translated."""

    def __init__(self, code: str = ENGLISH) -> None:
        if code not in codes():
            raise PlanError(lazy("--lang is '{code}'; choose from: {all}.", code=code, all=", ".join(codes())))
        self.code = code
        self._catalog = None if code == ENGLISH else catalog(code)

    def __call__(self, text: str, /, **values: Any) -> str:  # noqa: ANN401 (whatever can be formatted)
        """Say a sentence, or the template of one with its values."""
        if isinstance(text, LazyText):
            return self(text.template, **text.values) if self._catalog is not None else str(text)
        spoken = {name: self(value) if isinstance(value, LazyText) else value for name, value in values.items()}
        template = self._word(text)
        return template.format(**spoken) if values else template

    def _word(self, text: str) -> str:
        message = self._catalog.get(text) if self._catalog and text else None
        return str(message.string) if message and message.string else text


def of_locale(environment: Mapping[str, str]) -> str:
    """Return the language that a terminal is set to, as gettext finds it; English if there is no other."""
    names = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    code = next((name for name in names if name), "").partition(".")[0].partition("_")[0]
    return code if code in codes() else ENGLISH


def of_terminal() -> Language:
    """Speak the language that the terminal is set to."""
    return Language(of_locale(os.environ))


def codes() -> list[str]:
    """List the languages that there are."""
    return [ENGLISH, *sorted(path.stem for path in FOLDER.glob("*.po"))]


@cache
def catalog(code: str) -> Catalog:
    """Read what has been translated."""
    from babel.messages.pofile import read_po  # noqa: PLC0415 (a fifth of a second that English never needs)

    with (FOLDER / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)
