from __future__ import annotations

import inspect
import json
import re
import string

import pytest
from babel.messages.extract import extract_from_dir

from agent.bench.experiments import EXPERIMENTS
from fleet.analysis.tolerance import Finding
from fleet.boards import agent_words, known_keys, messages
from fleet.boards.inventory import Board
from fleet.boards.outcome import State
from fleet.errors import PlanError
from fleet.i18n import Language, catalog, codes, ended, lazy, upper
from fleet.places import CODE
from fleet.report.compare import Change
from fleet.service import journal
from setup import command_table

SOURCES = [("**.py", "python"), ("**.j2", "jinja2.ext:babel_extract")]
MARKS = {"lazy": None, "noop": None, "_": None, "cause": (2,)}
UNITS = {each.size_unit for each in EXPERIMENTS.values()}


def sentences() -> set[str]:
    """Everything that a page can say: what the code marks, and the words that records and commands have."""
    folders = [str(CODE / folder) for folder in ("fleet", "commands", "virtual")]
    found = [each for folder in folders for each in extract_from_dir(folder, method_map=SOURCES, keywords=MARKS)]
    marked = {message for _, _, message, _, _ in found if isinstance(message, str) and has_words(message)}
    marked |= {inspect.cleandoc(body) for _, body in command_table.docstrings()}
    marked |= {known_keys.FORMAT.OTHERS_CARD, known_keys.FORMAT.STRANGER}
    marked |= {*messages.WORDS.SENTENCES.values(), *messages.WORDS.FIXES.values()}
    return marked | set(Finding) | set(State) | set(Change) | UNITS


def has_words(template: str) -> bool:
    """Tell whether a template holds anything besides values that could be said otherwise."""
    return any(letter.isalpha() for text, *_ in string.Formatter().parse(template) for letter in text)


def fields(template: str) -> set[tuple[str, str]]:
    return {(name, form or "") for _, name, form, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("code", codes()[1:])
def test_every_sentence_is_translated_and_none_that_is_no_more(code: str) -> None:
    translated = {str(message.id) for message in catalog(code) if message.id}
    said = sentences()
    missing, unused = sorted(said - translated), sorted(translated - said)
    assert not missing, f"fleet/languages/{code}.po does not translate: {'; '.join(missing)}"
    assert not unused, f"fleet/languages/{code}.po translates what nobody says any more: {'; '.join(unused)}"


def test_a_translation_keeps_the_values_and_how_they_are_written() -> None:
    messages = [message for message in catalog("ko") if message.id]
    assert messages
    assert [message.id for message in messages if fields(str(message.string)) != fields(str(message.id))] == []


def test_a_sentence_is_english_and_can_be_said_in_korean_with_the_sentences_within_it() -> None:
    sentence = lazy("{kind}: {times} of {all} timings.", kind=lazy("busy"), times=3, all=12)
    assert sentence == "busy: 3 of 12 timings."
    assert Language()(sentence) == sentence
    assert Language("ko")(sentence) == "바쁨: 측정값 12개 중 3개."


def test_what_nobody_translated_stays_as_it_is() -> None:
    assert Language("ko")("pi01 restarted in the middle of the run.") == "pi01 restarted in the middle of the run."


def test_what_a_board_sent_is_a_value_and_never_a_template() -> None:
    theirs = "{0.__class__} {board} {{x}} 100 %"
    sentence = messages.board_failure(Board("pi01", "10.0.0.1"), theirs, 1)
    assert sentence == Language()(sentence) == Language("ko")(sentence) == f"pi01: {theirs}"
    event = json.dumps({"event": "camera-lost", "message": theirs})
    line = json.dumps({"__REALTIME_TIMESTAMP": "1", "MESSAGE": event}).encode()
    assert Language()(journal.told(line)).endswith(f"  Sees nothing: {theirs}")
    assert Language("ko")(journal.told(line)).endswith(f"  보이지 않음: {theirs}")


@pytest.mark.parametrize("template", agent_words.TEMPLATES)
def test_fixed_words_of_an_agent_are_known_with_their_values_and_stay_the_same_in_english(template: str) -> None:
    words = template.format(run="a-1", command="sudo x", path="/dev/video0", name="Cam (2)", seconds=3)
    assert agent_words.known(words) == words
    assert Language("ko")(agent_words.known(words)) != words
    assert agent_words.known(f"{words} {{x}}") == f"{words} {{x}}"


def test_an_error_within_a_sentence_is_said_in_the_same_language() -> None:
    wrong = PlanError(lazy("There is no suite '{name}'; choose from: {all}.", name="x", all="short"))
    sentence = lazy("The suite {path} cannot be used: {error}", path="y.toml", error=wrong)
    assert "'x'이라는 실험 묶음은 없습니다." in Language("ko")(sentence)


def test_what_ends_a_sentence_has_one_full_stop() -> None:
    for words in (lazy("usable runs: {count}, fewer than {fewest}", count=1, fewest=5), lazy("Nothing was timed.")):
        sentence = lazy("Undecided on {boards}: {reason}", boards="pi01", reason=ended(words))
        assert all(re.search(r"[^.]\.$", Language(code)(sentence)) for code in codes())


def test_what_begins_a_sentence_has_a_capital_in_english_only() -> None:
    place = upper(lazy("line {number} of {file}", number=3, file="pi01.jsonl"))
    assert place == Language()(place) == "Line 3 of pi01.jsonl"
    assert Language("ko")(place) == "pi01.jsonl의 3번째 줄"


def test_an_unknown_language_is_told_with_those_that_there_are() -> None:
    with pytest.raises(PlanError, match=r"--lang is 'de'; choose from: en, ko\."):
        Language("de")
