"""The one gate for what others wrote as JSON: typed, in range, of bounded length; what does not fit is one sentence."""

from __future__ import annotations

import re
import reprlib
from datetime import datetime
from functools import reduce
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from fleet.errors import RecordError
from fleet.i18n import lazy, upper

T = TypeVar("T")

# Of a value that does not fit, no more is shown than this.
MOST_SHOWN = 60
NAME_PATTERN = r"\A[a-z0-9][a-z0-9-]*\Z"
RUN_PATTERN = r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z"
POLICY_PATTERN = r"\Apolicy[0-9]{1,5}\Z"
LESSON_PATTERN = r"\AL[0-9]{1,3}\Z"
SHA256_PATTERN = r"\A[0-9a-f]{64}\Z"
# As agent and fleet write the time of day. Whether there is such a day is looked at by whoever reads it.
UTC_PATTERN = r"\A((19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?\+00:00)?\Z"
# C0, DEL and C1: no name of hardware or software has one.
HOST_PATTERN = r"\A[^\x00-\x20\x7f-\x9f\ud800-\udfff/.@~!&-][^\x00-\x20\x7f-\x9f\ud800-\udfff/]{0,199}\Z"
FILE_PATTERN = r"\A[^\x00-\x1f\x7f-\x9f/]{0,255}\Z"
PLAIN_PATTERN = r"\A[^\x00-\x1f\x7f-\x9f]*\Z"
WORDS = {
    NAME_PATTERN: lazy("a name of small letters, digits and dashes"),
    RUN_PATTERN: lazy("up to 64 letters, digits, dots, dashes and underscores"),
    POLICY_PATTERN: lazy("'policy' and a number"),
    LESSON_PATTERN: lazy("'L' and a number"),
    SHA256_PATTERN: lazy("64 digits and letters from a to f"),
    UTC_PATTERN: lazy("a time of day such as 2026-11-23T08:15:00.000+00:00"),
    HOST_PATTERN: lazy("the name of a board"),
    FILE_PATTERN: lazy("the name of a file"),
    PLAIN_PATTERN: lazy("a text without control characters"),
}
KINDS = {
    "int": lazy("a whole number"),
    "float": lazy("a number"),
    "str": lazy("a text"),
    "bool": lazy("true or false"),
    "null": lazy("nothing"),
    "array": lazy("a list"),
    "object": lazy("an object with keys and values"),
}
PARTS = re.compile(r"(?P<what>.*?)(?: - at (?:`key` in )?`\$\.?(?P<path>[^`]*)`)?\Z", re.DOTALL)
MISSING = re.compile(r"Object missing required field `(\w+)`")
EXPECTED = re.compile(
    r"Expected `([\w |]+)`(?: (of length )?(<=|>=|<|>|==) (\S+)| matching regex (.*))?(?:, got `\w+`)?"
)
SIGNS = {
    "<=": lazy("at most"),
    ">=": lazy("at least"),
    "<": lazy("less than"),
    ">": lazy("more than"),
    "==": lazy("exactly"),
}

# Words that stand in tables, pictures and file names.
Name = Annotated[str, Meta(pattern=NAME_PATTERN, max_length=32)]
RunName = Annotated[str, Meta(pattern=RUN_PATTERN)]
HostName = Annotated[str, Meta(pattern=HOST_PATTERN)]
FileName = Annotated[str, Meta(pattern=FILE_PATTERN)]
Lesson = Annotated[str, Meta(pattern=LESSON_PATTERN)]
PolicyName = Annotated[str, Meta(pattern=POLICY_PATTERN)]
Sha256 = Annotated[str, Meta(pattern=SHA256_PATTERN)]
Utc = Annotated[str, Meta(pattern=UTC_PATTERN)]
Text = Annotated[str, Meta(pattern=PLAIN_PATTERN, max_length=100)]
# A program may have any name; in pictures a long one is shortened.
Program = Annotated[str, Meta(pattern=PLAIN_PATTERN, min_length=1, max_length=64)]
# A sentence may hold what a program complained of; it is made visible when it is shown.
Sentence = Annotated[str, Meta(max_length=4000)]
Governor = Literal["performance", "powersave", "ondemand", "conservative", "userspace", "schedutil"]
# No run takes a day, and nothing that a board counts or holds in memory comes near these.
Ns = Annotated[int, Meta(ge=0, le=10**15)]
SomeNs = Annotated[int, Meta(ge=1, le=10**15)]
Count = Annotated[int, Meta(ge=0, le=10**12)]
Bytes = Annotated[int, Meta(ge=0, le=2**50)]
SomeBytes = Annotated[int, Meta(ge=1, le=2**50)]
Size = Annotated[int, Meta(ge=1, le=10**15)]
Workers = Annotated[int, Meta(ge=1, le=64)]
Khz = Annotated[int, Meta(ge=0, le=10**7)]
MilliC = Annotated[int, Meta(ge=-300_000, le=300_000)]
Throttled = Annotated[int, Meta(ge=0, le=2**32 - 1)]


class Head(msgspec.Struct):
    """What everything begins with that Pilab keeps."""

    schema: Any = None
    kind: Any = None


class MisfitError(RecordError):
    """What was written does not fit; the message is half a sentence, to which its reader adds what to do."""


class Gate(Generic[T]):
    """Lets in what fits a typed class, which may be a dataclass."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._decoder = msgspec.json.Decoder(kind)

    def json(self, data: bytes, place: str) -> T:
        """Read JSON; MisfitError names the place, the key and what would fit there."""
        try:
            return self._decoder.decode(data)
        except msgspec.ValidationError as error:
            raise MisfitError(_misfit(str(error), _told(data), place)) from error
        except RecursionError as error:
            raise MisfitError(lazy("{place} is nested too deep", place=upper(place))) from error
        except ValueError as error:  # malformed, or no UTF-8
            raise MisfitError(lazy("{place} is not JSON ({error})", place=upper(place), error=error)) from error

    def value(self, content: Any, place: str) -> T:  # noqa: ANN401 (any that was read as TOML)
        """Take in what was read already; MisfitError as above."""
        try:
            return msgspec.convert(content, self._kind)
        except msgspec.ValidationError as error:
            raise MisfitError(_misfit(str(error), content, place)) from error


def is_day(utc: str) -> bool:
    """Tell whether there is such a time of day."""
    try:
        datetime.fromisoformat(utc)
    except ValueError:
        return False
    return True


def shown(value: object) -> str:
    """Write a value that does not fit, shortened."""
    short = reprlib.Repr()
    short.maxstring = short.maxlong = short.maxother = MOST_SHOWN
    return short.repr(value)


def _told(data: bytes) -> object:
    """Return what JSON says, whatever it is, or that it cannot be read as a whole."""
    try:
        return msgspec.json.decode(data)
    except (ValueError, RecursionError):
        return msgspec.UNSET


def _misfit(complaint: str, content: object, place: str) -> str:
    """Put what msgspec says into words: which key, what stands there, and what would fit."""
    parts = PARTS.match(complaint)
    what, path = (parts["what"], parts["path"] or "") if parts else (complaint, "")
    if missing := MISSING.match(what):
        return lazy("'{key}' in {place} is missing", key=f"{path}.{missing[1]}".lstrip("."), place=place)
    key = re.split(r"[.\[]", path, maxsplit=1)[0]
    thing = lazy("'{key}' in {place}", key=key, place=place) if key else upper(place)
    value = content.get(key) if key and isinstance(content, dict) else content
    within = f" ({path})" if path != key else ""
    if value is msgspec.UNSET:
        return lazy("{thing} is not {right}{within}", thing=thing, right=_words(what), within=within)
    return lazy(
        "{thing} is {value}, not {right}{within}", thing=thing, value=shown(value), right=_words(what), within=within
    )


def _words(what: str) -> str:
    """Say what would fit."""
    if what.startswith("Invalid enum value"):
        return lazy("one of those that Pilab knows")
    found = EXPECTED.match(what)
    if not found:
        return lazy("as it should be ({what})", what=what)
    kinds, is_length, sign, bound, pattern = found.groups()
    if pattern:
        return next((words for known, words in WORDS.items() if repr(known) == pattern), pattern)
    kind = reduce(_either, [KINDS.get(each, each) for each in kinds.split(" | ")])
    if not sign:
        return kind
    unit = "" if not is_length else lazy(" characters") if kinds == "str" else lazy(" items")
    return lazy("{kind} of {sign} {bound}{unit}", kind=kind, sign=SIGNS[sign], bound=bound, unit=unit)


def _either(one: str, other: str) -> str:
    return lazy("{one} or {other}", one=one, other=other)
