"""What the services wrote into the journals of their boards, as a time and a sentence for each line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from fleet.boards import answers
from fleet.gate import Gate
from fleet.i18n import lazy
from fleet.service.events import Event, Events

# Without the twenty fields of each line that nobody reads.
OUTPUT = "json --output-fields=MESSAGE"
# Until the year 2286.
Micros = Annotated[str, Meta(pattern=r"\A[0-9]{1,16}\Z")]


class Entry(msgspec.Struct):
    """A line of the journal; what is no text there comes as bytes, and what is too long as nothing."""

    time_us: Micros = msgspec.field(name="__REALTIME_TIMESTAMP")
    message: str | list[Annotated[int, Meta(ge=0, le=255)]] | None = msgspec.field(name="MESSAGE")


EVENTS: Gate[Event] = Gate(Events)  # type: ignore[arg-type] # mypy has no type of a union


def told(line: bytes) -> str:
    """Return the time, in this computer's time zone, and the sentence of a line; one of another kind as it is."""
    try:
        entry = answers.read(Entry, line)
    except ValueError:
        return as_written(line)
    moment = datetime.fromtimestamp(int(entry.time_us) / 1e6).astimezone()
    return lazy("{moment:%Y-%m-%d %H:%M:%S}  {sentence}", moment=moment, sentence=_sentence(_text(entry.message)))


def as_written(line: bytes) -> str:
    """Return a line as it came."""
    return line.decode(errors="replace").rstrip("\n")


def _text(message: str | list[int] | None) -> str:
    if message is None:
        return lazy("(a line too long for the journal)")
    return message if isinstance(message, str) else bytes(message).decode(errors="replace")


def _sentence(message: str) -> str:
    """Say what an event means; what is none, or of another version, is told as it was written."""
    try:
        event = EVENTS.json(message.encode(errors="surrogatepass"), "a line")
    except ValueError:
        return message
    return event.sentence()
