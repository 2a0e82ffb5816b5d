from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import cv2
import pytest

from fleet.boards.outcome import Outcome, State
from fleet.camera.check import judge, row
from fleet.camera.pictures import parse
from fleet.camera.sheet import html, write
from fleet.errors import RecordError
from fleet.i18n import Language
from tests.unit.agent_parts import disc
from tests.unit.bombs import SMALL_FILMS

if TYPE_CHECKING:
    from pathlib import Path

STILL = cv2.imencode(".jpg", disc())[1].tobytes()
VIDEO = SMALL_FILMS["48x32"]


def line(what: str, content: bytes = b"", sentence: str = "") -> str:
    words = {"what": what, "how": "rpicam", "sentence": sentence, "content": base64.b64encode(content).decode()}
    return json.dumps(words) + "\n"


def said(still: bytes = STILL, video: bytes = VIDEO) -> str:
    preview = line("preview", sentence="left out: the board has no screen")
    return line("still", still) + line("video", video) + preview + line("opencv", STILL)


def test_a_board_whose_files_are_what_they_claim_is_ok() -> None:
    results = parse(said())
    assert judge("pi01", results).is_ok
    assert (results["still"].told, results["video"].told) == ("640x480", "4 frames, 48x32")
    assert (len(results["still"].shown), len(results["video"].shown)) == (1, 3)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (said(still=b""), "pi01: still: the file of 0 bytes is no picture."),
        (said(still=b"\xff\xd8 and no more"), "pi01: still: the file of 14 bytes is no picture."),
        (said(still=cv2.imencode(".jpg", disc() * 0)[1].tobytes()), "pi01: still: the picture is black."),
        (said(video=VIDEO[:24]), "pi01: video: of the file of 24 bytes only 0 frames can be decoded."),
        (line("still", STILL), "pi01: video: is missing; preview: is missing; opencv: is missing."),
        (
            said() + line("preview", sentence="rpicam-hello failed: no display"),
            "pi01: preview: rpicam-hello failed: no display.",
        ),
        (said() + line("video", sentence="rpicam-vid failed: busy"), "pi01: video: rpicam-vid failed: busy."),
    ],
)
def test_a_file_that_is_not_what_it_claims_fails_its_board_in_a_sentence(lines: str, sentence: str) -> None:
    assert judge("pi01", parse(lines)) == Outcome("pi01", State.FAILED, sentence)


@pytest.mark.parametrize("words", ["Traceback\n", "{}\n", "[]\n"])
def test_words_that_are_none_of_ours_are_named(words: str) -> None:
    with pytest.raises(RecordError, match="cannot be understood"):
        parse(words)


def test_the_sheet_has_a_row_per_board_unreachable_ones_included_and_needs_no_other_file(tmp_path: Path) -> None:
    results = parse(said())
    gone = Outcome("pi02", State.UNREACHABLE, "pi02 does not answer <at all>.")
    path = write(
        tmp_path, [row(judge("pi01", results), results, simulated=True), row(gone, {}, simulated=False)], Language()
    )
    page = path.read_text()
    assert page.count("<tr>") == 3
    assert "ok (simulated)" in page
    assert "pi02 does not answer &lt;at all&gt;." in page
    assert page.count("nothing came") == 4
    sources = re.findall(r'src="([^"]+)"', page)
    assert len(sources) == 5
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert base64.b64decode(sources[0].partition(",")[2]).startswith(b"\xff\xd8")


def test_the_sheet_is_korean_where_the_terminal_is() -> None:
    gone = Outcome("pi02", State.UNREACHABLE)
    page = html([row(gone, {}, simulated=True)], Language("ko"))
    assert '<html lang="ko">' in page
    assert "카메라" in page
    assert "연결 안 됨 (모의)" in page
    assert not re.findall(r"unreachable|simulated|nothing came|still|preview|board<", page)


def test_an_empty_room_makes_an_empty_sheet() -> None:
    assert html([], Language()).count("<tr>") == 1
