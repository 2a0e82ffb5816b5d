"""The manager's socket is a real one here."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from agent.service.systemd import Systemd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WATCHDOG_S = 6


@pytest.fixture(params=["in the file system", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    address = str(tmp_path / "notify") if request.param == "in the file system" else f"\0{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(5)
        yield listening


def environment(listener: socket.socket, **more: str) -> dict[str, str]:
    name = listener.getsockname()
    address = "@" + name[1:].decode() if isinstance(name, bytes) else name
    return {"NOTIFY_SOCKET": address, **more}


def heard(listener: socket.socket) -> list[str]:
    listener.settimeout(0)
    lines = []
    while True:
        try:
            lines.append(listener.recv(1000).decode())
        except BlockingIOError:
            return lines


def test_ready_status_and_stopping_arrive_one_by_one(listener: socket.socket) -> None:
    manager = Systemd(environment(listener))
    manager.ready()
    manager.status("Circles in sight, LED on")
    manager.stopping()
    assert heard(listener) == ["READY=1", "STATUS=Circles in sight, LED on", "STOPPING=1"]


@pytest.mark.parametrize("is_addressed", [False, True])
def test_the_watchdog_hears_three_beats_in_its_time_however_fast_the_loop_is(
    listener: socket.socket, *, is_addressed: bool
) -> None:
    meant_for = str(os.getpid()) if is_addressed else ""
    manager = Systemd(environment(listener, WATCHDOG_USEC=str(WATCHDOG_S * 1_000_000), WATCHDOG_PID=meant_for))
    for turn in range(WATCHDOG_S * 100):
        manager.alive(turn / 100)
    assert heard(listener) == ["WATCHDOG=1"] * 3


def test_what_is_slow_is_given_time_and_then_watched_as_before(listener: socket.socket) -> None:
    manager = Systemd(environment(listener, WATCHDOG_USEC="6000000"))
    with manager.patience():
        assert heard(listener) == ["WATCHDOG_USEC=180000000"]
    assert heard(listener) == ["WATCHDOG_USEC=6000000"]


def test_a_detector_without_a_budget_is_given_time_all_along(listener: socket.socket) -> None:
    manager = Systemd(environment(listener, WATCHDOG_USEC="6000000"), slow=True)
    with manager.patience():
        pass
    assert heard(listener) == ["WATCHDOG_USEC=180000000"] * 3


def test_without_a_watchdog_no_beat_is_sent(listener: socket.socket) -> None:
    Systemd(environment(listener)).alive(0)
    Systemd(environment(listener, WATCHDOG_USEC="6000000", WATCHDOG_PID="1")).alive(0)
    assert heard(listener) == []


@pytest.mark.parametrize("address", ["", "/nowhere/notify", "@nobody listens here"])
def test_a_manager_that_is_not_there_disturbs_nobody(address: str) -> None:
    Systemd({"NOTIFY_SOCKET": address}).ready()


def test_a_manager_that_does_not_read_holds_nobody_up(listener: socket.socket) -> None:
    manager = Systemd(environment(listener))
    for _ in range(10_000):
        manager.ready()
    assert heard(listener)
