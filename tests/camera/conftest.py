"""A CSI camera for the tests: a stand-in, or with PILAB_CAMERA=libcamera the real libraries over a simulated sensor."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.camera.board import REAL, Csi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def csi(tmp_path: Path) -> Iterator[Csi]:
    """A CSI camera, whose agents do not outlive the test and wrote nothing but what the test read."""
    board = Csi(tmp_path, real=os.environ.get("PILAB_CAMERA") == REAL)
    yield board
    said = []
    for agent in board.agents:
        agent.process.kill()
        said.append(agent.process.communicate()[1])
    assert said == [""] * len(said)


@pytest.fixture
def stand_in(csi: Csi) -> Csi:
    """The same, for what libcamera cannot be made to do."""
    if csi.real:
        pytest.skip("libcamera cannot be made to do this")
    return csi
