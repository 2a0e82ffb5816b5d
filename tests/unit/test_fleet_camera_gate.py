"""What a board says of its camera check, changed in hostile ways, and how it is shown."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from fleet.camera import decoder, pictures
from fleet.camera.check import judge
from fleet.camera.pictures import CheckResult, SheetRow, parse
from fleet.camera.sheet import html
from fleet.errors import RecordError
from fleet.i18n import Language
from tests.unit.mutations import mutated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.camera.answer import DecodeRequest

SEED = 1906
HONEST = b"".join(
    json.dumps({"what": what, "how": "rpicam", "sentence": "", "content": content}).encode() + b"\n"
    for what, content in (("still", "/9j/"), ("video", "AAAB"), ("preview", ""), ("opencv", "/9j/"))
)


def test_fuzz_no_answer_of_a_board_is_more_than_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_run", lambda _jobs, _limit_s: ([], "nothing is decoded here"))
    refused = 0
    for said in mutated(HONEST, SEED, 2000):
        try:
            results = parse(said.decode(errors="replace"))
        except RecordError:
            refused += 1
            continue
        assert judge("pi01", results).sentence
        assert len(html([SheetRow("pi01", "failed", judge("pi01", results).sentence, results)], Language())) < 20_000
    assert 200 < refused < 1900


@pytest.mark.parametrize(
    "said",
    [
        '{"what": "other", "how": "x", "sentence": ""}',
        '{"what": "still", "how": 1, "sentence": ""}',
        '{"what": "still", "how": "' + "x" * 101 + '", "sentence": ""}',
        '{"what": "still", "how": "x", "sentence": "' + "x" * 1001 + '"}',
        '{"what": ["still"], "how": "x", "sentence": ""}',
        "[" * 100_000,
        '{"what": "still", "how": "x", "sentence": "", "content": "\ud800"}',
    ],
)
def test_a_line_of_another_shape_is_refused_in_a_short_sentence(said: str) -> None:
    with pytest.raises(RecordError, match="cannot be understood") as refusal:
        parse(said)
    assert len(str(refusal.value)) < 300


def test_a_thousand_stills_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []

    def decode(requests: Sequence[DecodeRequest]) -> list[decoder.Decoded]:
        decoded.append(len(requests))
        return [decoder.Decoded()]

    monkeypatch.setattr(pictures, "decode", decode)
    content = base64.b64encode(b"x").decode()
    parse((json.dumps({"what": "still", "how": "x", "sentence": "", "content": content}) + "\n") * 1000)
    assert decoded == [1]


def test_what_a_board_says_is_shown_on_the_sheet_visibly_and_escaped_once() -> None:
    evil = "\x1b[2J<script>&amp;\u202e"
    page = html(
        [SheetRow(evil, "failed", evil, {"still": CheckResult("still", evil, evil, evil, (b"jpeg",))})], Language()
    )
    assert "<script>" not in page
    assert page.count(r"\x1b[2J&lt;script&gt;&amp;amp;\u202e") == 5
    assert not set(page) & {"\x1b", "\u202e"}


def test_no_text_of_a_board_makes_the_sheet_large() -> None:
    long = "x" * 1_000_000
    assert (
        len(html([SheetRow("pi01", "failed", long, {"still": CheckResult("still", long, long, long)})], Language()))
        < 20_000
    )
