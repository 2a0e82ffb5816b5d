"""What a board sent from its camera check, and whether each file is what it claims to be: decoded, not only there.

Nothing here decodes: that is done by a process that may crash.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from fleet.boards import answers
from fleet.boards.agent_words import known
from fleet.camera.answer import FEWEST_FRAMES, MOST_FILM_PIXELS, MOST_FRAMES, MOST_PIXELS, DecodeRequest
from fleet.camera.confine import MEMORY_BYTES
from fleet.camera.decoder import Decoded, decode
from fleet.errors import RecordError
from fleet.i18n import lazy, noop

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fleet.camera.answer import Flaw

CHECKS = ("still", "video", "preview", "opencv")
# Of what the check asks for, a still takes some 1 MB, and a film of the old camera programs at most 6 MB (25 Mbit/s).
MOST_PICTURE_BYTES, MOST_FILM_BYTES = 4 * 2**20, 8 * 2**20
LONGEST_COMPLAINT = 200
MEMORY = lazy("takes more than the {most_mb} MB of memory that decoding may", most_mb=MEMORY_BYTES // 2**20)
PICTURE_FLAWS: dict[Flaw, str] = {
    "format": lazy("is no picture"),
    "broken": lazy("is no picture"),
    "pixels": lazy("claims more than {most} pixels", most=MOST_PIXELS),
    "memory": MEMORY,
}
FILM_FLAWS: dict[Flaw, str] = {
    "format": lazy("is no film"),
    "broken": lazy("is no film"),
    "pixels": lazy("claims more than {most} pixels a frame", most=MOST_FILM_PIXELS),
    "frames": lazy("has more than {most} frames", most=MOST_FRAMES),
    "memory": MEMORY,
}
UNCONFINED = noop(
    "The pictures were decoded in a process with limits only, where no other file can be opened ({reason}); "
    "to confine it further: sudo apt-get install libseccomp2"
)


class CheckLine(msgspec.Struct, frozen=True):
    """One line of a board's answer."""

    what: Literal["still", "video", "preview", "opencv"]
    how: Annotated[str, msgspec.Meta(max_length=100)]
    sentence: Annotated[str, msgspec.Meta(max_length=1000)]
    content: str = ""


@dataclass(frozen=True)
class CheckResult:
    """One of the checks of one board; `fault` says why it failed, `note` what the teacher's computer lacks.

    `shown` are small JPEGs for the page, made anew from the pixels: nothing hidden in a board's file is in them.
    """

    what: str
    how: str
    told: str
    fault: str = ""
    shown: tuple[bytes, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class SheetRow:
    """One board on the page."""

    board: str
    state: str
    sentence: str = ""
    results: dict[str, CheckResult] = field(default_factory=dict)


def parse(answer: str) -> dict[str, CheckResult]:
    """Read a board's lines and look at its files; RecordError if the lines are none of ours."""
    lines = _lines(answer)
    asked = [_asked(line) for line in lines]
    decoded = iter(decode([each for each in asked if isinstance(each, DecodeRequest)]))
    return {
        line.what: _result(line.what, line.how, each, next(decoded)) if isinstance(each, DecodeRequest) else each
        for line, each in zip(lines, asked, strict=True)
    }


def _lines(answer: str) -> list[CheckLine]:
    """Return one line for each check, the last one, so that no board has more files decoded than there are checks."""
    try:
        lines = [answers.read(CheckLine, line, "a line") for line in answer.split("\n") if line.strip()]
    except ValueError as error:
        complaint = str(error)[:LONGEST_COMPLAINT]
        raise RecordError(
            lazy("what its camera check said cannot be understood ({complaint})", complaint=complaint)
        ) from error
    return list({line.what: line for line in lines}.values())


def _asked(line: CheckLine) -> CheckResult | DecodeRequest:
    """Return what is to be decoded, or what can be said of a line without."""
    if line.what == "preview":
        fault = "" if line.sentence.startswith("left out") else line.sentence
        return CheckResult(line.what, line.how, known(line.sentence) or lazy("the preview was shown"), fault)
    if line.sentence:
        return CheckResult(line.what, line.how, known(line.sentence), known(line.sentence))
    try:
        content = answers.file(line.content)
    except ValueError as error:
        told = lazy("arrived broken ({error})", error=error)
        return CheckResult(line.what, line.how, told, lazy("its file arrived broken"))
    request = DecodeRequest(line.what == "video", content)
    fault = _too_large(request)
    return CheckResult(line.what, line.how, fault, fault) if fault else request


def _too_large(request: DecodeRequest) -> str:
    most = MOST_FILM_BYTES if request.is_film else MOST_PICTURE_BYTES
    if len(request.content) <= most:
        return ""
    template = noop("the file has {size} bytes, more than the {most} that are decoded")
    return lazy(template, size=len(request.content), most=most)


def picture_fault(content: bytes) -> str:
    """Decode a JPEG; return what is wrong with it in a few words, nothing if it is a picture."""
    request = DecodeRequest(is_film=False, content=content)
    return _too_large(request) or _fault(request, decode([request])[0])


def _result(what: str, how: str, request: DecodeRequest, decoded: Decoded) -> CheckResult:
    """Say in a few words what a file is, or what is wrong with it."""
    answer = decoded.answer
    fault = _fault(request, decoded) or (lazy("the picture is black") if answer.is_black else "")
    size = f"{answer.width_px}x{answer.height_px}"
    shown = lazy("{count} frames, {size}", count=answer.frames, size=size) if request.is_film else size
    told = fault or shown
    note = lazy(UNCONFINED, reason=answer.unconfined) if answer.unconfined else ""
    return CheckResult(what, how, told, fault, tuple(answer.shown), note)


def _fault(request: DecodeRequest, decoded: Decoded) -> str:
    size = len(request.content)
    if decoded.crash:
        return lazy("the file of {size} bytes was given up: {why}", size=size, why=decoded.crash)
    if decoded.answer.flaw:
        flaws = FILM_FLAWS if request.is_film else PICTURE_FLAWS
        return lazy("the file of {size} bytes {flaw}", size=size, flaw=flaws[decoded.answer.flaw])
    if request.is_film and decoded.answer.frames < FEWEST_FRAMES:
        template = noop("of the file of {size} bytes only {count} frames can be decoded")
        return lazy(template, size=size, count=decoded.answer.frames)
    return ""


def notes(rows: Iterable[SheetRow]) -> list[str]:
    """Return what is to be said of the teacher's own computer, each thing once."""
    return list(dict.fromkeys(result.note for row in rows for result in row.results.values() if result.note))
