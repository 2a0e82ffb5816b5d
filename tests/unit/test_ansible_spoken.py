from __future__ import annotations

import string
from itertools import chain
from typing import TYPE_CHECKING

import pytest

from fleet.places import CODE
from tests.unit.ansible_parts import loaded, plugin

if TYPE_CHECKING:
    from collections.abc import Iterator

spoken = plugin("plugin_utils", "spoken")
failures = plugin("plugin_utils", "failures")
rows = plugin("callback", "board_rows")
COLLECTION = CODE / "ansible"
WORDS = loaded(COLLECTION / "plugins/plugin_utils/words_ko.yml")
TABLE = loaded(COLLECTION / "roles/base/vars/main/table.yml")
WHERE = {
    "board": "pi07", "address": "10.0.0.7", "user": "anna", "account": "the account anna", "port": 22,
    "key": "the key ~/.ssh/id_ed25519", "command": "invoke enrol pi07 10.0.0.7", "limit_s": 15,
}  # fmt: skip


def task_names() -> set[str]:
    files = chain(COLLECTION.glob("roles/*/tasks/*.yml"), COLLECTION.glob("playbooks/*.yml"))
    return {name for file in files for name in names_in(loaded(file))}


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
    ("code", "sentence"), [each[1:] for each in failures.KNOWN if each[2] not in {"{0}", "{text}"}]
)
def test_every_failure_that_is_explained_is_said_in_korean_with_its_fix(code: str, sentence: str) -> None:
    fix = failures.mended(code, "pi07")
    english = sentence.format("/usr/bin/python3", **WHERE, fix=fix)
    said = spoken.said(failures.told(failures.Reason(code, english), "pi07"), "ko")
    assert english.removeprefix("pi07 ") not in said
    assert not fix or fix not in said
    assert said.startswith(f"[{code}] " if code else "")


ABSENT = "is not in the network at 10.0.0.7; is it switched on? If so, look for it with: invoke discover"
ABSENT_KO = "네트워크의 10.0.0.7에 없습니다. 전원이 켜져 있으면 다음 명령으로 찾으십시오: invoke discover"


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        ("changed in base, agent", "변경: base, agent"),
        ("left out python3-distributed: too old on Raspberry Pi OS 10", (
            "제외 python3-distributed: Raspberry Pi OS 10에서는 너무 오래됨"
        )),
        (f"unreachable: [absent] {ABSENT}", f"연결 안 됨: [absent] {ABSENT_KO}"),
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
    row = rows.BoardRow(["base"], [], [failures.told(failures.explain("No space left on device", WHERE), "pi07")])
    assert rows.summary(row, dry=False) == (
        "[disk-full] 디스크가 가득 찼습니다. 더 큰 카드를 쓰거나 공간을 확보하십시오. "
        "필요 없는 패키지 파일을 지우려면 입력: "
        "ansible pi07 -b -m raw -a 'apt-get clean'; 변경: base"
    )
    notes = {f"pi{number:02}": ["python3-atlas comes as libopenblas-dev"] for number in range(1, 31)}
    assert rows.grouped(notes) == ["보드 30대 모두: python3-atlas 대신 libopenblas-dev 설치"]
