"""What the process that decodes is asked, and what it may answer: everything with a type, a range and a length."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

SHOWN_PX = 320
# Of a film, the frames that are shown.
SHOWN_FRAMES = 3
FEWEST_FRAMES = 2
# The check films for 2 s; no camera of a Pi gives more than 120 frames a second.
MOST_FRAMES = 600
# The check asks for 640x480; a board that gives full HD is understood too.
MOST_FILM_PIXELS = 1920 * 1088
# The check asks for 1296x972; the largest picture of the High Quality Camera has 12.3 million pixels.
MOST_PIXELS = 13_000_000
MOST_SIDE_PX = 65_535
MOST_SHOWN_BYTES = 128 * 1024
LONGEST_REASON = 200

Flaw = Literal["", "format", "broken", "pixels", "frames", "memory"]
Side = Annotated[int, Meta(ge=0, le=MOST_SIDE_PX)]
Frames = Annotated[int, Meta(ge=0, le=MOST_FRAMES)]
Thumbnail = Annotated[bytes, Meta(max_length=MOST_SHOWN_BYTES)]


class DecodeRequest(Struct, frozen=True):
    """A file to decode."""

    is_film: bool
    content: bytes


class DecodeResult(Struct, frozen=True, forbid_unknown_fields=True):
    """What was decoded, or the flaw; `shown` are small JPEGs that were made anew from the pixels."""

    flaw: Flaw = ""
    width_px: Side = 0
    height_px: Side = 0
    frames: Frames = 0
    is_black: bool = False
    shown: Annotated[list[Thumbnail], Meta(max_length=SHOWN_FRAMES)] = []
    unconfined: Annotated[str, Meta(max_length=LONGEST_REASON, pattern=r"^[ -~]*$")] = ""
