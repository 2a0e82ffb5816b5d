"""The gate for what boards answer in JSON and in words: names, types, ranges and lengths, or an error."""

from __future__ import annotations

import base64
import binascii
import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from msgspec import Meta, Struct

from fleet.boards import messages
from fleet.errors import AnswerError
from fleet.gate import Gate
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.boards.inventory import Board

T = TypeVar("T")
# No counter and no sum of milliseconds gets as far in a school year.
Count = Annotated[int, Meta(ge=0, lt=2**53)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]
ITS_ANSWER = lazy("its answer")
WORD = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Histogram(Struct):
    """A histogram of the agent, as far as it is shown."""

    count: Count
    sum: Amount
    greatest: Amount


class AgentCounters(Struct):
    """What the agent of a board has counted, as far as it is shown."""

    frames: Count
    fps: Annotated[float, Meta(ge=0, le=10_000)]
    frames_skipped: Count
    frames_with_circles: Count
    led_changes: Count
    age_ms: Histogram
    temperature_c: Annotated[float, Meta(ge=-273, le=1000)] | None
    throttled: Annotated[int, Meta(ge=0, lt=2**32)] | None


def read(kind: type[T], answer: str | bytes, place: str = ITS_ANSWER) -> T:
    """Read one JSON object; MisfitError, which names the place and is a ValueError, if it is none of this kind."""
    data = answer if isinstance(answer, bytes) else answer.encode(errors="surrogatepass")
    gate: Gate[T] = _gates(kind)
    return gate.json(data, place)


# One gate for each class: it takes longer to make than to pass.
_gates: Callable[[Any], Gate[Any]] = cache(Gate)


def word(board: Board, answer: str, what: str) -> str:
    """Return an answer that is a single word; AnswerError if it is none."""
    if not WORD.fullmatch(answer):
        raise AnswerError(messages.not_understood(board, what))
    return answer


def file(answer: str) -> bytes:
    """Return a file that came in base64, perhaps in several lines; ValueError if it did not."""
    try:
        return base64.b64decode("".join(answer.split()), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
