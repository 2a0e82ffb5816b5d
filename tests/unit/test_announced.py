"""What announces itself: heard by real mDNS on this computer's own network, where nobody else is."""

from __future__ import annotations

import os
import socket
import tempfile
import time
from contextlib import contextmanager
from ipaddress import IPv4Interface
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from zeroconf import IPVersion, ServiceInfo, Zeroconf

from fleet.discovery import announced
from fleet.discovery.announced import KIND
from virtual.locks import one_at_a_time

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = [IPv4Interface("127.0.0.1/8")]


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """The port of mDNS is the same for all who test on this computer."""
    with one_at_a_time(Path(tempfile.gettempdir()) / f"pilab-{os.geteuid()}-mdns.lock", wait=True):
        yield


@contextmanager
def announcing(*said: tuple[str, str, tuple[str, ...]]) -> Iterator[None]:
    """Somebody who says (name of service, name of computer, addresses)."""
    zeroconf = Zeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    try:
        for service, computer, addresses in said:
            packed = [socket.inet_aton(each) for each in addresses]
            info = ServiceInfo(KIND, f"{service}.{KIND}", port=9, server=f"{computer}.local.", addresses=packed)
            zeroconf.register_service(info, cooperating_responders=True)
        yield
    finally:
        zeroconf.close()


def test_boards_and_strangers_are_heard_as_far_as_they_make_sense() -> None:
    many = tuple(f"127.0.1.{number}" for number in range(1, 100))
    with announcing(
        ("pi07 [b8:27:eb:12:34:56]", "pi07", ("127.0.0.7",)),
        ("no address of a card", "stranger", ("127.0.0.8",)),
        ("far [b8:27:eb:12:34:57]", "far", ("8.8.8.8", "127.0.0.1")),
        ("many [b8:27:eb:12:34:58]", "many", many),
        ("$(reboot) 보드", "rude", ("127.0.0.9",)),
    ):
        heard = announced.listen(HERE, 4.0)
    by_name: dict[str, list[str]] = {}
    for each in heard:
        by_name.setdefault(each.name, []).append(each.address)
    assert (by_name["pi07"], by_name["no address of a card"]) == (["127.0.0.7"], ["127.0.0.8"])
    assert "far" not in by_name
    assert len(by_name["many"]) <= announced.MOST_ADDRESSES
    assert by_name["$(reboot) 보드"] == ["127.0.0.9"]


def test_more_than_a_room_can_hold_is_not_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announced, "MOST_ANNOUNCED", 2)
    with announcing(*((f"pi{number}", f"pi{number}", (f"127.0.0.{number}",)) for number in range(2, 7))):
        assert len(announced.listen(HERE, 3.0)) == 2


def test_silence_is_nobody_and_takes_no_longer() -> None:
    began = time.monotonic()
    assert announced.listen(HERE, 0.2) == []
    assert time.monotonic() - began < 10
