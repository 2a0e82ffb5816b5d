from __future__ import annotations

import string
from itertools import chain
from typing import TYPE_CHECKING

import pytest
import yaml

from fleet.places import CODE
from tests.unit.ansible_parts import plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

spoken = plugin("plugin_utils", "spoken")
failures = plugin("plugin_utils", "failures")
rows = plugin("callback", "board_rows")
COLLECTION = CODE / "ansible"
WORDS = yaml.safe_load((COLLECTION / "plugins/plugin_utils/words_ko.yml").read_text(encoding="utf-8"))
TABLE = yaml.safe_load((COLLECTION / "roles/base/vars/main/table.yml").read_text(encoding="utf-8"))
WHERE = {"board": "pi07", "address": "10.0.0.7", "user": "anna", "text": "x", "fix": "y"}


def task_names() -> set[str]:
    files = chain(COLLECTION.glob("roles/*/tasks/*.yml"), COLLECTION.glob("playbooks/*.yml"))
    return {name for file in files for name in names_in(yaml.safe_load(file.read_text(encoding="utf-8")))}


def names_in(found: object) -> Iterator[str]:
    """Find the names of plays and tasks, those within blocks included."""
    for each in found if isinstance(found, list) else []:
        yield from [each["name"]] if "name" in each else []
        for part in each.values() if isinstance(each, dict) else []:
            yield from names_in([one for one in part if isinstance(one, dict)] if isinstance(part, list) else [])


def reasons(found: object) -> Iterator[str]:
    """Find why a board does not get something."""
    for key, each in found.items() if isinstance(found, dict) else []:
        yield from [each] if key in {"gone", "unneeded", "no_legacy"} and each else []
        yield from reasons(each)
    for each in found if isinstance(found, list) else []:
        yield from reasons(each)


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_translation_has_the_values_of_its_sentence() -> None:
    assert [text for text, korean in WORDS.items() if fields(text) != fields(korean)] == []


def test_every_task_and_every_reason_of_the_table_is_said_in_korean() -> None:
    wanted = task_names() | set(reasons(TABLE))
    assert len(wanted) > 100
    assert sorted(each for each in wanted if spoken.said(each, "ko") == each) == []


@pytest.mark.parametrize(
    "sentence", [sentence for _, _, sentence in failures.KNOWN if sentence not in {"{0}", "{text}", "{fix}"}]
)
def test_every_failure_that_is_explained_is_said_in_korean(sentence: str) -> None:
    english = sentence.format("/usr/bin/python3", **WHERE)
    assert spoken.said(english, "ko") != english


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("changed in base, agent", "변경: base, agent"),
        ("left out python3-distributed: too old on Raspberry Pi OS 10", (
            "제외 python3-distributed: Raspberry Pi OS 10에서는 너무 오래됨"
        )),
        ("unreachable: no answer from 10.0.0.7: is it switched on? If so, `invoke discover` looks for it", (
            "연결 안 됨: 10.0.0.7에서 응답이 없습니다. 켜져 있습니까? 켜져 있으면 `invoke discover`로 찾으십시오"
        )),
        ("its clock is 3 days slow; `ansible-playbook site.yml -e base_set_clock=true` sets it", (
            "시계가 3일 늦음. 맞추려면 입력: `ansible-playbook site.yml -e base_set_clock=true`"
        )),
        ("all 30 boards", "보드 30대 모두"),
        ("governor : Change what differs", "governor : 다른 것 바꾸기"),
        ("(3 more notes; -v shows all of every note)", "(알림 3개 더 있음, -v를 붙이면 모든 내용이 나옵니다)"),
    ],
)  # fmt: skip
def test_rows_and_notes_are_said_with_the_sentences_within_them(english: str, korean: str) -> None:
    assert spoken.said(english, "ko") == korean
    assert spoken.said(english, "C") == english


def test_what_a_board_sent_is_said_as_it_came() -> None:
    for theirs in ("{0.__class__} boards", "its pets: {x}", "a" * 5000, f"left out {'a: ' * 330}"):
        assert spoken.said(theirs, "ko") in {theirs, theirs.replace("left out", "제외")}


def test_the_language_is_that_of_the_terminal() -> None:
    assert spoken.of_locale({"LC_ALL": "ko_KR.UTF-8", "LANG": "C"}) == "ko"
    assert spoken.of_locale({"LC_ALL": "", "LANG": "ko"}) == "ko"
    assert spoken.of_locale({}) == ""
    assert spoken.catalog("../../x") == spoken.catalog("") == spoken.catalog("C") == ()


def test_a_row_is_korean_on_a_korean_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "ko_KR.UTF-8")
    row = rows.BoardRow(["base"], [], ["its disk is full: make room with `sudo apt-get clean`, or use a larger card"])
    assert rows.summary(row, dry=False) == (
        "디스크가 가득 찼습니다. `sudo apt-get clean`으로 비우거나 더 큰 카드를 쓰십시오; 변경: base"
    )
    notes = {f"pi{number:02}": ["python3-atlas comes as libopenblas-dev"] for number in range(1, 31)}
    assert rows.grouped(notes) == ["보드 30대 모두: python3-atlas 대신 libopenblas-dev 설치"]
