"""Decodes the pictures and films of one board in a process that may crash; fleet.camera.decoder starts it."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np

from fleet.camera import h264
from fleet.camera.answer import (
    FEWEST_FRAMES,
    LONGEST_REASON,
    MOST_FILM_PIXELS,
    MOST_FRAMES,
    SHOWN_FRAMES,
    SHOWN_PX,
    DecodeRequest,
    DecodeResult,
    Flaw,
)
from fleet.camera.confine import confine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Picture = NDArray[Any]

JPEG = b"\xff\xd8\xff"
# Two of the eight steps that a JPEG of nothing at all may be off.
BLACK = 2 * 8
# With it even noise is shorter than the longest thumbnail.
QUALITY = 85

# The one thing that OpenCV asserts of a file is that it has no more pixels than the environment allows.
FLAWS: dict[int, Flaw] = {cv2.Error.STS_NO_MEM: "memory", cv2.Error.STS_ASSERT: "pixels"}


class DecodingError(Exception):
    """A file is not what it should be; the flaw says in which way."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw)
        self.flaw = flaw


def main() -> None:
    """Answer the requests that stand in stdin, each in a line of stdout."""
    cv2.setNumThreads(0)
    unconfined = confine()[:LONGEST_REASON]
    requests = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=list[DecodeRequest])
    for request in requests:
        answer = msgspec.structs.replace(_answer(request), unconfined=unconfined)
        os.write(sys.stdout.fileno(), msgspec.json.encode(answer) + b"\n")


def _answer(request: DecodeRequest) -> DecodeResult:
    try:
        return _film(request.content) if request.is_film else _picture(request.content)
    except DecodingError as error:
        return DecodeResult(flaw=error.flaw)
    except MemoryError:
        return DecodeResult(flaw="memory")
    except cv2.error as error:
        return DecodeResult(flaw=FLAWS.get(error.code, "broken"))


def _picture(content: bytes) -> DecodeResult:
    if not content.startswith(JPEG):
        raise DecodingError("format")
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise DecodingError("broken")
    height_px, width_px = picture.shape[:2]
    is_black = int(picture.max()) < BLACK
    return DecodeResult(width_px=width_px, height_px=height_px, is_black=is_black, shown=[_thumbnail(picture)])


def _film(content: bytes) -> DecodeResult:
    if not h264.is_stream(content):
        raise DecodingError("format")
    try:
        is_large = any(width * height > MOST_FILM_PIXELS for width, height in h264.sizes(content))
    except ValueError:
        raise DecodingError("broken") from None
    if is_large:
        raise DecodingError("pixels")
    size = (0, 0)
    shown: list[bytes] = []
    for frame in _frames(content):
        size = size if shown else (frame.shape[1], frame.shape[0])
        shown.append(_thumbnail(frame))
    if len(shown) > MOST_FRAMES:
        raise DecodingError("frames")
    if len(shown) < FEWEST_FRAMES:
        return DecodeResult(frames=len(shown))
    chosen = [shown[number] for number in np.linspace(0, len(shown) - 1, SHOWN_FRAMES).astype(int)]
    return DecodeResult(width_px=size[0], height_px=size[1], frames=len(shown), shown=chosen)


def _frames(content: bytes) -> Iterator[Picture]:
    """Yield frames, at most one more than a film may have."""
    # OpenCV takes any io.BufferedIOBase (modules/videoio/misc/python/pyopencv_videoio.hpp); its stub does not say so.
    stream: Any = io.BytesIO(content)
    film = cv2.VideoCapture(stream, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    for _ in range(MOST_FRAMES + 1):
        is_there, frame = film.read()
        if not is_there:
            return
        yield frame


def _thumbnail(picture: Picture) -> bytes:
    height, width = picture.shape[:2]
    scale = SHOWN_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tobytes()
