"""What runs inside the PC of QEMU's only, where these devices are."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.devices.usb_camera import UsbCamera

SOON_S = 60.0
PC = Path("/first")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Elsewhere they would take the cameras and pins of whoever runs them."""
    for item in items:
        if item.nodeid.startswith("tests/devices/") and not PC.exists():
            item.add_marker(pytest.mark.skip(reason="runs in a PC of QEMU's; type: make test-devices"))


def wait_until(is_so: Callable[[], bool], timeout_s: float = SOON_S) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline_s, "it did not come to pass"
        time.sleep(0.1)


@pytest.fixture
def plugged() -> Iterator[Callable[..., int]]:
    """Plug USB cameras in, return the number of each one's first node; they are pulled at the end."""
    from agent.board.video import list_nodes  # noqa: PLC0415 -- not outside of the PC

    cameras: list[UsbCamera] = []

    def plug(camera: UsbCamera) -> int:
        before = {node.number for node in list_nodes()}
        camera.port = len(cameras)
        cameras.append(camera)
        camera.plug_in()
        wait_until(lambda: any(node.name.startswith(camera.name) for node in list_nodes() if node.number not in before))
        return min(node.number for node in list_nodes() if node.number not in before)

    yield plug
    for camera in cameras:
        camera.pull()
    wait_until(lambda: not any("uvcvideo" in node.driver for node in list_nodes()))


@pytest.fixture
def said(capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What libraries wrote to descriptor 2 since the last look."""

    def look() -> str:
        sys.stderr.flush()
        return capfd.readouterr().err

    return look
