from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Interface
from typing import TYPE_CHECKING

import pytest

from fleet.discovery import networks
from fleet.discovery.networks import Neighbours, is_apart, is_near, to_sweep
from fleet.errors import PlanError

if TYPE_CHECKING:
    from pathlib import Path

ROOM = [IPv4Interface("192.168.1.10/24")]


def test_only_others_in_our_own_networks_are_near() -> None:
    assert is_near("192.168.1.107", ROOM)
    for address in ("192.168.1.10", "192.168.2.1", "8.8.8.8", "fe80::1", "", "pi01"):
        assert not is_near(address, ROOM)


def test_an_address_of_one_link_is_near_on_that_link_only() -> None:
    ours: list[networks.Interface] = [*ROOM, IPv6Interface("fe80::a%eth0/64"), IPv6Interface("fd00:1::a/64")]
    assert all(is_near(each, ours) for each in ("fe80::b%eth0", "fd00:1::b", "192.168.1.107"))
    for address in ("fe80::b", "fe80::b%wlan0", "fe80::a%eth0", "fd00:1::a", "fd00:2::b", "2001:db8::1", "fe80::b%"):
        assert not is_near(address, ours), address


def test_a_link_has_its_name_behind_an_address_whoever_wrote_it() -> None:
    number = socket.if_nametoindex("lo")
    assert networks.on_link(f"fe80::1%{number}") == "fe80::1%lo"
    assert [networks.on_link(each) for each in ("fe80::1%lo", "10.0.0.1", "fe80::1%99999")] == [
        "fe80::1%lo", "10.0.0.1", "fe80::1%99999",
    ]  # fmt: skip


def test_our_own_addresses_of_one_link_have_its_name() -> None:
    for each in networks.own():
        assert not each.is_loopback
        assert each.version == 4 or bool(each.scope_id) == each.is_link_local


def test_an_address_of_ipv6_stands_for_itself_and_a_name_with_both_for_the_older() -> None:
    assert networks.resolved("fd00:1::b") == ["fd00:1::b"]
    assert networks.resolved("fe80::1%lo") == ["fe80::1%lo"]
    assert networks.resolved("localhost") == ["127.0.0.1"]


def test_our_own_network_is_swept_without_ourselves() -> None:
    swept = to_sweep("", ROOM)
    assert len(swept) == 253
    assert IPv4Address("192.168.1.10") not in swept
    assert to_sweep("192.168.7.8/30", ROOM) == [IPv4Address("192.168.7.9"), IPv4Address("192.168.7.10")]
    assert to_sweep("192.168.1.151", ROOM) == [IPv4Address("192.168.1.151")]


@pytest.mark.parametrize(
    ("wished", "interfaces", "sentence"),
    [
        ("10.0.0.0/8", ROOM, r"at most 1024 addresses, and 10\.0\.0\.0/8 has 16777216"),
        ("", [IPv4Interface("10.1.2.3/16")], "at most 1024 addresses"),
        ("8.8.8.0/24", ROOM, "no private network"),
        ("room", ROOM, "--sweep is 'room'; give a network"),
        ("fe80::/64", ROOM, "give a network"),
        ("", [], "in no private network"),
        ("", [IPv6Interface("fd00:1::a/64")], "in no private network"),
    ],
)
def test_what_is_not_swept_is_told(wished: str, interfaces: list[IPv4Interface], sentence: str) -> None:
    with pytest.raises(PlanError, match=sentence):
        to_sweep(wished, interfaces)


def test_a_door_that_is_open_is_found_among_shut_ones() -> None:
    with socket.create_server(("127.0.0.5", 0)) as listening:
        port = listening.getsockname()[1]
        addresses = list(IPv4Network("127.0.0.0/28").hosts())
        assert networks.answering(addresses, port) == ["127.0.0.5"]


@pytest.mark.parametrize(
    ("asked", "there", "apart"),
    [
        (["192.168.1.101", "192.168.1.102"], {"192.168.1.1"}, True),
        (["192.168.1.101", "192.168.1.102"], {"192.168.1.1", "192.168.1.102"}, False),
        (["192.168.1.101"], set(), False),
        (["10.0.0.1"], {"192.168.1.1"}, False),
        (["192.168.1.1"], {"192.168.1.1"}, False),
        ([], {"192.168.1.1"}, False),
    ],
)
def test_a_network_keeps_its_computers_apart_if_only_the_router_answers(
    asked: list[str],
    there: set[str],
    apart: bool,  # noqa: FBT001 (a table)
) -> None:
    assert is_apart(asked, Neighbours("192.168.1.1", frozenset(there)), ROOM) is apart


def test_linux_inside_windows_is_known(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("Linux version 5.15.90.1-microsoft-standard-WSL2\n")
    assert networks.is_wsl(tmp_path / "version")
    assert not networks.is_wsl(tmp_path / "none")


def test_a_name_that_stands_for_nothing_has_no_address() -> None:
    assert networks.resolved("127.0.0.1") == ["127.0.0.1"]
    assert networks.resolved("no-such-board.invalid") == []
    assert networks.resolved("a" * 300) == []
