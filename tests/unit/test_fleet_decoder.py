from __future__ import annotations

import base64
import json
import random
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from fleet.camera import decoder
from fleet.camera.answer import DecodeRequest
from fleet.camera.decoder import decode
from fleet.camera.pictures import SheetRow, notes, parse, picture_fault
from fleet.camera.sheet import html
from fleet.i18n import Language
from tests.unit import bombs
from tests.unit.mutations import TIMES

ROOT = Path(__file__).parents[2]
MOST_MB = 300
AT_ONCE = 15
SMALL = bombs.jpeg(24, 32, noise=True)
# Written by x264, with pictures between two others, and 64x48.
FILM = (ROOT / "tests/data/camera/tiny.h264").read_bytes()
# Run in a small process of its own, because the children of this one are as large as it is until they are programs.
MEASURE = """
import json, resource, sys
sys.path.append(sys.argv[1])
from fleet.camera.pictures import parse
results = parse(sys.stdin.read())
peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps([peak_mb, [result.told for result in results.values()]]))
"""


def line(what: str, content: bytes) -> str:
    return json.dumps({"what": what, "how": "x", "sentence": "", "content": base64.b64encode(content).decode()}) + "\n"


def measured(what: str, content: bytes) -> tuple[float, str]:
    command = [sys.executable, "-I", "-c", MEASURE, str(ROOT)]
    done = subprocess.run(command, input=line(what, content), capture_output=True, text=True, check=True)
    peak_mb, told = json.loads(done.stdout)
    return peak_mb, told[0]


@pytest.mark.parametrize("name", bombs.PICTURES)
def test_no_picture_takes_more_memory_than_it_may(name: str) -> None:
    made, words = bombs.PICTURES[name]
    peak_mb, told = measured("still", made())
    assert words in told
    assert peak_mb < MOST_MB


@pytest.mark.parametrize("name", bombs.FILMS)
def test_no_film_takes_more_memory_than_it_may(name: str) -> None:
    made, words = bombs.FILMS[name]
    peak_mb, told = measured("video", made())
    assert words in told
    assert peak_mb < MOST_MB


def confined(limits: str, content: bytes) -> subprocess.CompletedProcess[bytes]:
    """Decode a picture within limits of the test's own."""
    program = (
        f"import sys; sys.path.append({str(ROOT)!r}); from fleet.camera import answer, confine, decode;"
        f"confine.confine({limits}); content = sys.stdin.buffer.read();"
        "sys.stdout.write(decode._answer(answer.DecodeRequest(False, content)).flaw)"
    )
    return subprocess.run([sys.executable, "-I", "-c", program], input=content, capture_output=True, check=False)


def test_a_picture_for_which_the_memory_does_not_last_is_told_of() -> None:
    done = confined("memory_bytes=24 * 2**20", bombs.jpeg(*bombs.GREATEST))
    assert (done.returncode, done.stdout) == (0, b"memory")


def test_a_picture_that_takes_more_processor_time_than_it_may_ends_its_decoder() -> None:
    done = confined("cpu_s=0", bombs.scans(1500))
    assert done.returncode < 0


PROGRAMS = {
    "segmentation": ("import os; os.kill(os.getpid(), 11)", "the decoder crashed (SIGSEGV)"),
    "abort": ("import os; os.abort()", "the decoder crashed (SIGABRT)"),
    "time": ("import signal, os; os.kill(os.getpid(), signal.SIGXCPU)", "decoding took too much processor time"),
    "error": ("raise SystemExit(3)", "the decoder crashed (status 3)"),
    "silence": ("", "the decoder crashed (status 0)"),
    "no answer": ("print('{}{')", "the decoder's answer cannot be understood"),
    "wrong": ("print('{\"width_px\": -1}')", "the decoder's answer cannot be understood"),
    "more": ("print('{\"more\": 1}')", "the decoder's answer cannot be understood"),
    "escapes": ('print(\'{"unconfined": "\\\\u001b[2J"}\')', "the decoder's answer cannot be understood"),
    "deep": ("print('[' * 100000)", "the decoder's answer cannot be understood"),
    "flood": ("print('x' * 2**22)", "the decoder's answer cannot be understood"),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_whatever_becomes_of_the_decoder_is_an_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program, words = PROGRAMS[name]
    monkeypatch.setattr(decoder, "COMMAND", (sys.executable, "-c", program))
    results = parse(line("still", SMALL) + line("opencv", SMALL))
    sentence = f"the file of {len(SMALL)} bytes was given up: {words}"
    assert [result.fault for result in results.values()] == [sentence] * 2


def test_a_decoder_that_does_not_end_is_ended() -> None:
    begun_s = time.monotonic()
    done = decode([DecodeRequest(is_film=False, content=bombs.scans(1500))] * 2, limit_s=0.5)
    assert [each.crash for each in done] == [f"decoding took longer than {decoder.LIMIT_S:g} s"] * 2
    assert time.monotonic() - begun_s < 60


def test_files_after_one_over_which_the_decoder_crashed_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    # Falls over the second file, as often as it meets it.
    program = (
        "import ctypes, sys; sys.path.append(sys.argv[1]); from fleet.camera import decode; whole = decode._answer\n"
        "decode._answer = lambda request: ctypes.string_at(0) if request.content == b'evil' else whole(request)\n"
        "decode.main()"
    )
    monkeypatch.setattr(decoder, "COMMAND", (sys.executable, "-I", "-c", program, str(ROOT)))
    done = decode([DecodeRequest(False, SMALL), DecodeRequest(False, b"evil"), DecodeRequest(False, SMALL)])  # noqa: FBT003 (a row)
    assert [(each.answer.width_px, each.crash) for each in done] == [
        (32, ""), (0, "the decoder crashed (SIGSEGV)"), (32, "")
    ]  # fmt: skip


def test_a_decoder_that_could_not_be_confined_is_said_to_have_had_limits_only(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import sys; sys.path.append(sys.argv[1]); from fleet.camera import confine, decode;"
        "confine.LIBRARY = 'libnothing.so'; decode.main()"
    )
    monkeypatch.setattr(decoder, "COMMAND", (sys.executable, "-I", "-c", program, str(ROOT)))
    results = parse(line("still", SMALL) + line("opencv", SMALL))
    assert [result.told for result in results.values()] == ["32x24", "32x24"]
    rows = [SheetRow("pi01", "ok", "", results)]
    (note,) = notes(rows)
    assert "libnothing.so" in note
    assert note.endswith("sudo apt-get install libseccomp2")
    assert html(rows, Language()).count("apt-get install libseccomp2") == 1


def test_one_file_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = (
        f"import os, time; os.mkdir({str(tmp_path / 'busy')!r}); time.sleep(0.1); os.rmdir({str(tmp_path / 'busy')!r})"
    )
    monkeypatch.setattr(decoder, "COMMAND", (sys.executable, "-I", "-c", program))
    found: list[str] = []
    request = DecodeRequest(is_film=False, content=b"")
    threads = [threading.Thread(target=lambda: found.append(decode([request])[0].crash)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == ["the decoder crashed (status 0)"] * 3


def test_what_is_shown_is_made_anew_and_holds_nothing_of_the_file_but_its_pixels() -> None:
    hidden = b"<script>alert(1)</script>"
    content = SMALL[:2] + b"\xff\xfe\0\x1b" + hidden + SMALL[2:] + hidden
    (done,) = decode([DecodeRequest(is_film=False, content=content)])
    (shown,) = done.answer.shown
    assert shown.startswith(b"\xff\xd8\xff")
    assert hidden not in shown
    picture = cv2.imdecode(np.frombuffer(shown, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[:2] == (240, 320)


def test_a_snapshot_is_a_picture_or_told_why_not() -> None:
    assert picture_fault(SMALL) == ""
    assert picture_fault(bombs.jpeg(16, 16)) == ""  # at night all is black
    assert picture_fault(b"GIF89a") == "the file of 6 bytes is no picture"
    assert "claims more than 13000000 pixels" in picture_fault(bombs.lying(30_000))
    assert "more than the 4194304" in picture_fault(bytes(4 * 2**20 + 1))


def test_a_film_of_an_encoder_is_decoded() -> None:
    (done,) = decode([DecodeRequest(is_film=True, content=FILM)])
    assert (done.answer.width_px, done.answer.height_px, done.answer.frames) == (64, 48, 8)


@pytest.mark.parametrize("count", [60, pytest.param(300, marks=pytest.mark.long)])
@pytest.mark.parametrize(("honest", "is_film"), [(SMALL, False), (FILM, True)])
def test_fuzz_changed_files_are_answered(honest: bytes, is_film: bool, count: int) -> None:  # noqa: FBT001 (a table)
    for number in range(TIMES):
        draw = random.Random(f"19-{number}")  # noqa: S311 (the same again is wanted)
        for _ in range(count // AT_ONCE):
            done = decode([DecodeRequest(is_film, _flipped(honest, draw)) for _ in range(AT_ONCE)])
            assert [each.crash for each in done] == [""] * AT_ONCE


def _flipped(honest: bytes, draw: random.Random) -> bytes:
    changed = bytearray(honest[: draw.choice((len(honest), draw.randrange(len(honest))))])
    for _ in range(draw.choice((1, 3, 20))):
        at = draw.randrange(4, max(5, len(changed)))
        changed[at : at + 1] = bytes([draw.randrange(256)]) * draw.choice((0, 1, 1, 1, 2, 50))
    return bytes(changed)


def test_a_board_takes_little_processor_time() -> None:
    picture, film = bombs.jpeg(972, 1296, noise=True), bombs.film(60)
    requests = [DecodeRequest(False, picture), DecodeRequest(True, film), DecodeRequest(False, picture)]  # noqa: FBT003 (a row)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(5):
        assert [each.crash or each.answer.flaw for each in decode(requests)] == [""] * 3
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 10
