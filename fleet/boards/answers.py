"""The gate for what boards answer in JSON and in words: names, types, ranges and lengths, or an error."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from fleet.boards import messages
from fleet.errors import AnswerError

if TYPE_CHECKING:
    from fleet.boards.inventory import Board

T = TypeVar("T")
# No counter and no sum of milliseconds gets as far in a school year.
Count = Annotated[int, Meta(ge=0, lt=2**53)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]
WORD = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Tally(Struct):
    """A histogram of the agent, as far as it is shown."""

    count: Count
    sum: Amount
    greatest: Amount


class Counters(Struct):
    """What the agent of a board has counted, as far as it is shown."""

    frames: Count
    fps: Annotated[float, Meta(ge=0, le=10_000)]
    frames_skipped: Count
    frames_with_circles: Count
    led_changes: Count
    age_ms: Tally
    temperature_c: Annotated[float, Meta(ge=-273, le=1000)] | None
    throttled: Annotated[int, Meta(ge=0, lt=2**32)] | None


def read(kind: type[T], said: str | bytes) -> T:
    """Read one JSON object; ValueError if it is none of this kind, whatever else it is."""
    try:
        return msgspec.json.decode(said, type=kind)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, OverflowError) as error:
        raise ValueError(str(error)) from error


def word(board: Board, said: str, what: str) -> str:
    """Return an answer that is a single word; AnswerError if it is none."""
    if not WORD.fullmatch(said):
        raise AnswerError(messages.not_understood(board, what))
    return said


def file(said: str) -> bytes:
    """Return a file that came in base64, perhaps in several lines; ValueError if it did not."""
    try:
        return base64.b64decode("".join(said.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
