"""The guide says what is so: commands can be typed, settings exist, each rule is shown, and all of it is in Korean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from setup import collection, command_table, doctor_page, guide_blocks, translated
from tests import guide, links
from tests.guide import GUIDE, ROOT, Command

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [ROOT / "docs/index.md", *guide.pages()]
SETTING = re.compile(r"`((?:base|agent|camera|governor|restore)_[a-z0-9_]+)(?:[:=][^`]*)?`")
HANGUL = re.compile(r"[가-힣]")
# The words of ssh's known keys, of a board itself, and of the reader of lists.
PASSED_ON = ("`host-key-other`", "`no-answer`", "`inventory`")
BLOCK = re.compile(r"<!-- [^\n]*generated: begin.*?generated: end -->", re.DOTALL)


def test_every_command_of_the_guide_can_be_typed() -> None:
    found = guide.commands()
    assert len(found) > 150
    assert {each.on_board for each in found} == {True, False}
    once = {(each.typed, each.on_board, each.is_mention): each for each in found}
    assert [wrong for each in once.values() if (wrong := guide.fault(each))] == []


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("invoke bench --host lab", "No idea what '--host' is"),
        ("invoke bnech --hosts lab", "No idea what 'bnech' is"),
        ("invoke compare newest", "did not receive required positional arguments"),
        ("sudo .venv/bin/invoke rehearse.dwon", "No idea what 'rehearse.dwon' is"),
        ("ansible-playbook sites.yml", "there is no playbook sites.yml"),
        ("ansible-playbook site.yml --chek", "Ansible does not know"),
        ("ansible-playbook site.yml -e governor_nam=powersave", "there is no setting governor_nam"),
        ("ansible lab -b --raw uptime", "Ansible does not know"),
        ("sudo make dmeo", "the Makefile has no dmeo"),
        ("python -m agent cirlces x.jpg", "the agent does not know"),
        ("python -m http.server", "only the agent"),
        ("frobnicate", "nobody knows frobnicate"),
    ],
)
def test_a_command_that_is_wrong_is_named_with_the_reason(typed: str, why: str) -> None:
    told = guide.fault(Command("page", typed))
    assert told.startswith(f"page: '{typed}': ")
    assert why in told


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("time /opt/pilab/native/bin/bsuy 1", "there is no native/bsuy.c"),
        ("cd /opt/pilab && time python3 -m agent.bench.programs.python_thread 1 1", "there is no agent/bench"),
        ("/opt/pilab/bin/pilab cirlces x.jpg", "the agent does not know"),
        ("rpicam-still -n -o x.jpg || frobnicate", "no board has frobnicate"),
    ],
)
def test_a_command_for_boards_that_is_wrong_is_named_with_the_reason(typed: str, why: str) -> None:
    assert why in guide.fault(Command("page", typed, on_board=True))


def test_a_mention_may_leave_out_what_must_be_given() -> None:
    assert guide.fault(Command("page", "invoke enrol", is_mention=True)) == ""
    assert guide.fault(Command("page", "invoke enrol", is_mention=False)) != ""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_setting_of_the_guide_exists(path: Path) -> None:
    named = set(SETTING.findall(path.read_text(encoding="utf-8")))
    assert named - guide.settings() == set()


def test_every_code_of_the_doctor_is_shown_with_an_example() -> None:
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs/doctor.md").read_text(encoding="utf-8"), re.MULTILINE)
    listed = {code for row in rows for code in re.findall(r"`([^`]+)`", row)}
    assert doctor_page.codes(doctor_page.examples().values()) == listed


@pytest.mark.parametrize("name", guide_blocks.BLOCKS)
def test_what_follows_from_the_code_is_there_in_korean_too(name: str) -> None:
    english, korean = (guide_blocks.BLOCKS[name](code) for code in ("en", "ko"))
    assert len(HANGUL.findall(korean)) > 300
    assert re.findall(r"^ *(?:```|- |\| `|## `)", english, re.MULTILINE) == re.findall(
        r"^ *(?:```|- |\| `|## `)", korean, re.MULTILINE
    )
    assert [line for line in korean.splitlines() if re.match(r"[-|]", line) and not is_korean(line)] == []


def is_korean(line: str) -> bool:
    """Tell whether a line says something in Korean, or passes on what is the same in all languages."""
    if line.endswith(PASSED_ON):
        return True
    words = re.sub(r"`[^`]*`|\*|\([^)]*\)", "", line)
    return bool(HANGUL.search(words)) or not re.search(r"[a-z]{4}", words) or "```" in line


def test_each_command_has_its_options_explained() -> None:
    text = command_table.reference()
    assert "## `invoke bench`" in text
    assert "| `-s, --suite ...` | what to run:" in text
    assert "| `QUESTION` |" in text


@pytest.mark.parametrize("domain", translated.DOMAINS)
def test_nothing_of_the_guide_is_untranslated(domain: str) -> None:
    catalogue = translated.read(translated.CATALOGUES / f"{domain}.po")
    assert [each.id for each in catalogue if each.id and (not each.string or each.fuzzy)] == []
    assert [
        each.id for each in catalogue if each.id and not HANGUL.search(str(each.string)) and is_prose(str(each.id))
    ] == []


def is_prose(text: str) -> bool:
    return bool(re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,} [a-z]{2,}", re.sub(r"`[^`]*`", "", text)))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_paragraphs_of_the_guide_are_those_that_were_translated(path: Path) -> None:
    catalogue = translated.read(translated.CATALOGUES / f"{'index' if path.stem == 'index' else 'guide'}.po")
    text = guide.FENCE.sub("", BLOCK.sub("", path.read_text(encoding="utf-8")))
    plain = [line for line in text.splitlines() if re.match(r"(#+ |- |\d+\. |[A-Z*\[])", line)]
    units = [re.sub(r"^(#+|-|\d+\.) ", "", line).strip() for line in plain]
    assert [unit for unit in units if unit not in catalogue] == []


def catalogue_of(**translations: str) -> Catalog:
    made = Catalog(locale="ko")
    for text, said in translations.items():
        made.add(text.replace("_", " "), said)
    return made


def test_what_is_missing_fuzzy_changed_or_left_over_is_named() -> None:
    template = Catalog()
    for text in ("new", "empty", "vague", "type `invoke doctor`", "fine"):
        template.add(text)
    catalogue = catalogue_of(empty="", vague="모호함", fine="정상", old="옛것")
    catalogue.add("vague", "모호함", flags={"fuzzy"})
    catalogue.add("type `invoke doctor`", "`invoke doctr`를 입력하십시오")
    assert sorted(translated.faults(template, catalogue)) == [
        "has other commands or links: type `invoke doctor`",
        "is marked as fuzzy: vague",
        "is not in the guide any more: old",
        "is not translated: empty",
        "is not translated: new",
    ]


def test_new_sentences_are_written_for_the_translator_and_old_ones_go(tmp_path: Path) -> None:
    template, path = Catalog(), tmp_path / "ko/guide.po"
    template.add("one")
    translated.write(template, path)
    one = translated.read(path)
    one["one"].string = "하나"
    with path.open("wb") as file:
        write_po(file, one)
    template.add("two")
    translated.write(template, path)
    assert [(each.id, each.string) for each in translated.read(path) if each.id] == [("one", "하나"), ("two", "")]
    gone = Catalog()
    gone.add("two")
    translated.write(gone, path)
    assert [each.id for each in translated.read(path) if each.id] == ["two"]


def test_the_front_page_says_the_same_in_both_languages() -> None:
    english, korean = (path.read_text(encoding="utf-8") for path in guide.READMES)
    for pattern in (r"^#+", r"```\w*\n.*?```", r"\]\(([^)]+)\)"):
        found = [re.findall(pattern, text, re.MULTILINE | re.DOTALL) for text in (english, korean)]
        assert found[0] == found[1] or {*found[0]} ^ {*found[1]} == {"README.md", "README.ko.md"}
    for literal in ("make demo", "make test", "ansible-playbook site.yml", "invoke bench --hosts lab"):
        assert literal in english
        assert literal in korean


def test_every_link_within_the_project_leads_somewhere() -> None:
    texts = [path for path in collection.listed() if path.suffix == ".md" and path.is_file() and not path.is_symlink()]
    assert {ROOT / "CONTRIBUTING.md", ROOT / "docs/share.md", *guide.READMES} <= set(texts)
    assert [fault for path in texts for fault in links.faults(path)] == []


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("other.md", ""),
        ("other.md#two-words-or-more", ""),
        ("other.md#named", ""),
        ("#here", ""),
        ("https://pilab.example/gone", ""),
        ("gone.md", "there is no gone.md"),
        ("other.md#three", "other.md has no heading three"),
        ("#there", "page.md has no heading there"),
    ],
)
def test_a_link_that_leads_nowhere_is_named(tmp_path: Path, link: str, fault: str) -> None:
    (tmp_path / "other.md").write_text("# Two words, `or` more\n\n(named)=\n## X\n```sh\n# three\n```\n")
    (tmp_path / "page.md").write_text(f"# Here\n\n[word]({link}), not `[this](gone.md)`\n")
    assert links.faults(tmp_path / "page.md") == ([f"page.md: ({link}): {fault}"] if fault else [])


def test_everything_that_can_be_made_is_explained() -> None:
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert targets
    told = set(re.findall(r"`(?:sudo )?make ([a-z-]+)`", (ROOT / "docs/make.md").read_text(encoding="utf-8")))
    parts_of_others = {"help", "setup-parts", "packages", "pytest", "compiled-tests", "other-processors"}
    assert set(targets[1].split()) - parts_of_others == told


def test_every_page_is_in_the_list_of_pages() -> None:
    listed = set(re.findall(r"^guide/(\S+)$", (ROOT / "docs/index.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert {path.stem for path in GUIDE.glob("*.md")} == listed
