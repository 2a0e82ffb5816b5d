"""Nodes, frames and sources for the tests of cameras."""

from __future__ import annotations

import subprocess
import time
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import cv2
import numpy as np

from agent.board.video import Node, list_nodes
from agent.camera.select import Selector
from agent.camera.v4l2 import V4l2Source
from agent.errors import CameraError
from agent.settings.config import CameraConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.ports import FrameSource, Grey

VIVID = Path("/sys/bus/platform/drivers/vivid")
# Of vivid's test pattern (v4l2-tpg.h).
BARS, BLACK = 0, 5
WIDTH, HEIGHT = 640, 480
# OpenCV gives up after 10 s; the rest is that of an emulated processor.
GIVES_UP_S = 40.0


def vivid_nodes() -> list[Node]:
    return [node for node in list_nodes() if node.driver == "vivid"]


def control(node: Node, **values: int) -> None:
    given = ",".join(f"{name}={value}" for name, value in values.items())
    subprocess.run(["v4l2-ctl", f"--device={node.path}", f"--set-ctrl={given}"], check=True)


def selector(
    nodes: Callable[[], list[Node]] = list_nodes, log: Callable[..., None] = lambda *_, **__: None
) -> Selector:
    return Selector(CameraConfig(), time.monotonic, Event().wait, nodes, log)


def disc(grey_level: int = 40, wall: int = 180, noise: int = 0) -> Grey:
    picture = np.full((HEIGHT, WIDTH), wall, np.uint8)
    cv2.circle(picture, (WIDTH // 2, HEIGHT // 2), HEIGHT // 6, (grey_level,), -1, cv2.LINE_AA)
    return np.asarray(picture + np.random.default_rng(noise).integers(0, 3, picture.shape, np.uint8), np.uint8)


def jpeg(grey: Grey) -> bytes:
    return cv2.imencode(".jpg", cv2.merge([grey, grey, grey]))[1].tobytes()


def yuyv(grey: Grey) -> bytes:
    return np.dstack([grey, np.full_like(grey, 128)]).tobytes()


def until_lost(source: FrameSource, within_s: float = GIVES_UP_S) -> str:
    """Read until the camera is lost; return what it says."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        try:
            source.read()
        except CameraError as error:
            return str(error)
    raise AssertionError("the camera was not lost")


def read_one(camera: Node) -> None:
    with closing(V4l2Source(camera.number, WIDTH, HEIGHT)) as source:
        source.read()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def sees_the_disc(grey: Grey | None) -> bool:
    """Whether what is dark is as large as the disc, and where it is."""
    assert grey is not None
    rows, columns = np.nonzero(grey < 110)
    found = (columns.mean(), rows.mean(), np.sqrt(len(rows) / np.pi)) if len(rows) else (0, 0, 0)
    return bool(np.allclose(found, (WIDTH / 2, HEIGHT / 2, HEIGHT / 6), atol=1.5))
