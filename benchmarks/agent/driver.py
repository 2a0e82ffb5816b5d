"""A simulated camera driver in a process of its own: it exposes 30 frames a second, as V4L2 does under OpenCV."""

from __future__ import annotations

import multiprocessing
import time
from multiprocessing.shared_memory import SharedMemory
from typing import TYPE_CHECKING

import numpy as np

from agent.camera.rendered import Scene

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from agent.ports import Grey
    from benchmarks.agent.sources import Exposed

FPS = 30
# The disc is there for a second and away for so long that every loop has darkened the LED before it comes again.
ROUND_S, DISC_S = 5, 1
HEIGHT_PX, WIDTH_PX = 480, 640
# OpenCV asks V4L2 for so many buffers (modules/videoio/src/cap_v4l.cpp, DEFAULT_V4L_BUFFERS). A driver without a free
# buffer drops what comes, so that a reader who was away finds old frames first.
BUFFERS = 4


class Driver:
    """Gives the oldest frame that waits, with the time at which it was exposed; a reader's process holds no more."""

    def __init__(self, rounds: int) -> None:
        self._memory = SharedMemory(create=True, size=BUFFERS * HEIGHT_PX * WIDTH_PX)
        context = multiprocessing.get_context("spawn")
        self._filled, theirs = context.Pipe()
        self._process = context.Process(target=_expose, args=(self._memory.name, theirs, rounds), daemon=True)
        self._process.start()
        theirs.close()

    def read(self) -> Exposed | None:
        """Wait for a frame, copy it, as OpenCV does, and give its buffer back; None after the last one."""
        try:
            buffer, exposed_s = self._filled.recv()
            grey = _buffers(self._memory)[buffer].copy()
            self._filled.send(buffer)
        except (EOFError, OSError):
            return None
        return grey, exposed_s

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.join()
        self._memory.close()
        self._memory.unlink()


def _buffers(memory: SharedMemory) -> Grey:
    return np.ndarray((BUFFERS, HEIGHT_PX, WIDTH_PX), np.uint8, memory.buf)


def _expose(name: str, filled: Connection, rounds: int) -> None:
    """Fill a free buffer at each frame's time, if there is one."""
    memory, frames, free = SharedMemory(name), record(), list(range(BUFFERS))
    buffers = _buffers(memory)
    began_s = time.monotonic()
    for number in range(rounds * len(frames)):
        time.sleep(max(0.0, began_s + number / FPS - time.monotonic()))
        while filled.poll():
            free.append(filled.recv())
        if free:
            buffer = free.pop(0)
            buffers[buffer] = frames[number % len(frames)]
            filled.send((buffer, time.monotonic()))


def record() -> list[Grey]:
    """Return one round: the wall, and a disc that crosses it."""
    scene = Scene(WIDTH_PX, HEIGHT_PX, round_frames=2 * DISC_S * FPS)
    wall = [scene.draw(number) for number in range(DISC_S * FPS)]
    discs = [scene.draw(number) for number in range(DISC_S * FPS, 2 * DISC_S * FPS)]
    return (wall * ROUND_S)[: (ROUND_S - DISC_S) * FPS] + discs
