"""Sentences that know the code of what they say is wrong, the same for `invoke doctor` and every other command."""

from __future__ import annotations

from typing import Any

from fleet.i18n import LazyText, lazy


class Cause(LazyText):
    """A sentence about a board, with its code; docs/doctor.md explains them all."""

    __slots__ = ("code",)

    code: str


def cause(code: str, template: str, /, **values: Any) -> Cause:  # noqa: ANN401 (whatever can be formatted)
    """Make a sentence, as `lazy` does, that has a code."""
    sentence = lazy(template, **values)
    made = Cause(sentence)
    made.template, made.values, made.code = sentence.template, sentence.values, code
    return made


def code_of(sentence: str) -> str:
    """Return the code of a sentence; nothing of one that has none."""
    return sentence.code if isinstance(sentence, Cause) else ""
