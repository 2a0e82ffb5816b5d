"""Having files of a board decoded in a process of its own, one at a time; whatever becomes of it is an answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import msgspec

from fleet.boards import answers
from fleet.camera.answer import MOST_PIXELS, DecodeRequest, DecodeResult
from fleet.i18n import lazy
from fleet.places import CODE

if TYPE_CHECKING:
    from collections.abc import Sequence

# -I: neither the variables of the environment nor the folder where somebody stands decide what is loaded.
PROGRAM = "import sys; sys.path.append(sys.argv[1]); from fleet.camera.decode import main; main()"
COMMAND = (sys.executable, "-I", "-c", PROGRAM, str(CODE))
ENVIRONMENT = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(MOST_PIXELS),
    # FFmpeg shall take it for nothing but a plain stream of H.264, and read nothing but what it is given.
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "input_format;h264|format_whitelist;h264|protocol_whitelist;none|threads;1",
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_OPENCL_RUNTIME": "disabled",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
# For all files of a board together; an honest one takes a third of a second, and on a slow computer a few.
LIMIT_S = 20.0
LONGEST_ANSWER_BYTES = 2**20
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Decoded:
    """The answer about one file; if there is none, why."""

    answer: DecodeResult = field(default_factory=DecodeResult)
    crash: str = ""


def decode(requests: Sequence[DecodeRequest], limit_s: float = LIMIT_S) -> list[Decoded]:
    """Decode files; those that follow one over which the process crashed are given to a new one, while time is left."""
    done: list[Decoded] = []
    with _ONE_AT_A_TIME:
        end_s = time.monotonic() + limit_s
        while len(done) < len(requests):
            found, crash = _run(requests[len(done) :], max(0.0, end_s - time.monotonic()))
            done += [Decoded(answer) for answer in found]
            if len(done) < len(requests):
                done.append(Decoded(crash=crash))
    return done


def _run(requests: Sequence[DecodeRequest], limit_s: float) -> tuple[list[DecodeResult], str]:
    """Return the answers that came and why there are no more of them."""
    with _in_memory("question") as question, _in_memory("answer") as answer:
        question.write(msgspec.msgpack.encode(requests))
        question.seek(0)
        crash = _ended(question, answer, limit_s)
        answer.seek(0)
        found, complaint = _checked(answer.read(LONGEST_ANSWER_BYTES))
    return found[: len(requests)], complaint or crash


def _in_memory(name: str) -> IO[bytes]:
    return os.fdopen(os.memfd_create(name), "w+b", buffering=0)


def _ended(question: IO[bytes], answer: IO[bytes], limit_s: float) -> str:
    """Run the process to its end; say in words how it ended."""
    try:
        done = subprocess.run(
            COMMAND,
            stdin=question,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            timeout=limit_s,
            start_new_session=True,  # Ctrl-C is for us
            check=False,
        )
    except subprocess.TimeoutExpired:
        return lazy("decoding took longer than {limit_s:g} s", limit_s=LIMIT_S)
    if done.returncode == -signal.SIGXCPU:
        return lazy("decoding took too much processor time")
    return lazy("the decoder crashed ({status})", status=_status(done.returncode))


def _status(returncode: int) -> str:
    return signal.Signals(-returncode).name if returncode < 0 else f"status {returncode}"


def _checked(answer: bytes) -> tuple[list[DecodeResult], str]:
    """Read answers up to the first that is none; what decodes a stranger's files is a stranger, too."""
    found: list[DecodeResult] = []
    for line in answer.splitlines():
        try:
            found.append(answers.read(DecodeResult, line))
        except ValueError:
            return found, lazy("the decoder's answer cannot be understood")
    return found, ""
