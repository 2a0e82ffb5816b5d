from __future__ import annotations

import inspect
import string

import pytest
from babel.messages.extract import extract_from_dir

from agent.bench.experiments import EXPERIMENTS
from fleet.analysis.tolerance import Finding
from fleet.boards import inventory
from fleet.boards.outcome import State
from fleet.errors import PlanError
from fleet.i18n import Language, catalog, codes, lazy
from fleet.report.compare import Change
from setup import command_table

SOURCES = [("**.py", "python"), ("**.j2", "jinja2.ext:babel_extract")]
MARKS = {"lazy": None, "noop": None, "_": None}
UNITS = {each.size_unit for each in EXPERIMENTS.values()}


def sentences() -> set[str]:
    """Everything that a page can say: what the code marks, and the words that records and commands have."""
    folders = [str(inventory.ROOT / folder) for folder in ("fleet", "commands")]
    found = [each for folder in folders for each in extract_from_dir(folder, method_map=SOURCES, keywords=MARKS)]
    marked = {message for _, _, message, _, _ in found if isinstance(message, str) and has_words(message)}
    marked |= {inspect.cleandoc(body) for _, body in command_table.docstrings()}
    return marked | set(Finding) | set(State) | set(Change) | UNITS


def has_words(template: str) -> bool:
    """Tell whether a template holds anything besides values that could be said otherwise."""
    return any(letter.isalpha() for text, *_ in string.Formatter().parse(template) for letter in text)


def fields(template: str) -> set[tuple[str, str]]:
    return {(name, form or "") for _, name, form, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("code", codes()[1:])
def test_every_sentence_is_translated_and_none_that_is_no_more(code: str) -> None:
    translated = {str(message.id) for message in catalog(code) if message.id}
    missing, unused = sorted(sentences() - translated), sorted(translated - sentences())
    assert not missing, f"fleet/languages/{code}.po does not translate: {'; '.join(missing)}"
    assert not unused, f"fleet/languages/{code}.po translates what nobody says any more: {'; '.join(unused)}"


def test_a_translation_keeps_the_values_and_how_they_are_written() -> None:
    messages = [message for message in catalog("ko") if message.id]
    assert messages
    assert [message.id for message in messages if fields(message.string) != fields(message.id)] == []


def test_a_sentence_is_english_and_can_be_said_in_korean_with_the_sentences_within_it() -> None:
    sentence = lazy("{kind}: {times} of {all} timings.", kind=lazy("busy"), times=3, all=12)
    assert sentence == "busy: 3 of 12 timings."
    assert Language()(sentence) == sentence
    assert Language("ko")(sentence) == "바쁨: 측정값 12개 중 3개."


def test_what_nobody_translated_stays_as_it_is() -> None:
    assert Language("ko")("pi01 restarted in the middle of the run.") == "pi01 restarted in the middle of the run."


def test_an_unknown_language_is_told_with_those_that_there_are() -> None:
    with pytest.raises(PlanError, match=r"--lang is 'de'; choose from: en, ko\."):
        Language("de")
