"""What a board sent from its camera check, and whether each file is what it claims to be: decoded, not only there."""

from __future__ import annotations

import base64
import binascii
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from fleet.errors import RecordError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[Any]

WHATS = ("still", "video", "preview", "opencv")
SHOWN_WIDTH_PX = 320
# Of a video, the frames that are shown.
SHOWN_FRAMES = 3
LEAST_FRAMES = 2


@dataclass(frozen=True)
class Shot:
    """One of the checks of one board; `shown` are JPEGs for the page, `faults` says why it failed."""

    what: str
    how: str
    told: str
    fault: str = ""
    shown: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Row:
    """One board on the page."""

    board: str
    state: str
    sentence: str = ""
    shots: dict[str, Shot] = field(default_factory=dict)


def understand(said: str) -> dict[str, Shot]:
    """Read a board's lines; RecordError if they are none of ours."""
    try:
        told = [json.loads(line) for line in said.splitlines() if line.strip()]
        return {line["what"]: judge(line) for line in told}
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError(f"what its camera check said cannot be understood ({error})") from error


def judge(line: dict[str, str]) -> Shot:
    """Decode one file and say in a few words what it is, or what is wrong with it."""
    what, how, sentence = line["what"], line["how"], line["sentence"]
    if what == "preview":
        fault = "" if sentence.startswith("left out") else sentence
        return Shot(what, how, sentence or "the preview was shown", fault)
    if sentence:
        return Shot(what, how, sentence, sentence)
    try:
        content = base64.b64decode(line["content"], validate=True)
    except binascii.Error as error:
        return Shot(what, how, f"arrived broken ({error})", f"{what}: its file arrived broken")
    return _judge_video(how, content) if what == "video" else _judge_picture(what, how, content)


def _judge_picture(what: str, how: str, content: bytes) -> Shot:
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if picture is None:
        fault = f"the file of {len(content)} bytes is no picture"
        return Shot(what, how, fault, fault)
    fault = "the picture is black" if int(picture.max()) < 2 * 8 else ""
    return Shot(what, how, fault or _size(picture), fault, (_thumbnail(picture),))


def _judge_video(how: str, content: bytes) -> Shot:
    frames = _decode(content)
    if len(frames) < LEAST_FRAMES:
        fault = f"of the file of {len(content)} bytes only {len(frames)} frames can be decoded"
        return Shot("video", how, fault, fault)
    shown = [frames[number] for number in np.linspace(0, len(frames) - 1, SHOWN_FRAMES).astype(int)]
    told = f"{len(frames)} frames, {_size(frames[0])}"
    return Shot("video", how, told, shown=tuple(_thumbnail(frame) for frame in shown))


def _decode(content: bytes) -> list[Picture]:
    """Return the frames of a video, small ones, so that thirty boards fit into the memory."""
    with tempfile.NamedTemporaryFile(suffix=".h264") as file:
        Path(file.name).write_bytes(content)
        video = cv2.VideoCapture(file.name)
        frames: list[Picture] = []
        while (read := video.read())[0]:
            frames.append(read[1])
        video.release()
    return frames


def _size(picture: Picture) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"


def _thumbnail(picture: Picture) -> bytes:
    height = max(1, round(picture.shape[0] * SHOWN_WIDTH_PX / picture.shape[1]))
    small = cv2.resize(picture, (SHOWN_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small)[1].tobytes()
