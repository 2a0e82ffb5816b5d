"""A disc for a second in every round, before real libcamera and picamera2 over a simulated sensor."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING

from benchmarks.agent.driver import DISC_S, HEIGHT_PX, ROUND_S, WIDTH_PX
from tests.camera.board import Csi

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


@contextmanager
def shown() -> Iterator[tuple[Sequence[str], Mapping[str, str]]]:
    """Yield how a Python is started in the root with the real libraries, and its environment."""
    over = Event()
    with TemporaryDirectory() as folder:
        csi = Csi(Path(folder), real=True)
        show = Thread(target=_show, args=(csi, over), daemon=True)
        show.start()
        try:
            python, environment = csi.python((WIDTH_PX, HEIGHT_PX))
            yield python, {**os.environ, **environment, "LIBCAMERA_LOG_LEVELS": "*:FATAL"}
        finally:
            over.set()
            show.join()


def _show(csi: Csi, over: Event) -> None:
    while not over.is_set():
        csi.does("fine")
        over.wait(DISC_S)
        csi.does("covered")
        over.wait(ROUND_S - DISC_S)
