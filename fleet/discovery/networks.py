"""The networks of this computer: which addresses belong to them, who answers there, and who is kept from us."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ifaddr

from fleet.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SSH_PORT = 22
MOST_ADDRESSES = 1024
AT_ONCE = 64
KNOCK_LIMIT_S = 0.5
PROGRAM_LIMIT_S = 5.0
MOST_RESOLVED = 8
# What the kernel says of a neighbour whose hardware address it has (ip-neighbour(8)).
THERE = frozenset({"REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT"})


def own() -> list[IPv4Interface]:
    """List the addresses of this computer with the networks that they are of, without its own inside."""
    found = (
        IPv4Interface(f"{each.ip}/{each.network_prefix}")
        for adapter in ifaddr.get_adapters()
        for each in adapter.ips
        if each.is_IPv4
    )
    return [each for each in found if not each.is_loopback]


def is_near(address: str, interfaces: Iterable[IPv4Interface]) -> bool:
    """Tell whether an address is of another computer in a network of ours: nobody is asked that is farther away."""
    try:
        there = IPv4Address(address)
    except ValueError:
        return False
    return any(there in each.network and there != each.ip for each in interfaces)


def to_sweep(wished: str, interfaces: Sequence[IPv4Interface]) -> list[IPv4Address]:
    """List the addresses of a network, or of ours if none is named; PlanError if they are too many or not private."""
    networks = [_network(wished)] if wished else sorted({each.network for each in interfaces if each.is_private})
    if not networks:
        raise PlanError("This computer is in no private network to sweep; name one, as in: --sweep 192.168.1.0/24")
    _check_size(networks)
    ours = {each.ip for each in interfaces}
    return [address for each in networks for address in each.hosts() if address not in ours]


def _check_size(networks: Sequence[IPv4Network]) -> None:
    count = sum(each.num_addresses for each in networks)
    if count > MOST_ADDRESSES:
        named = ", ".join(map(str, networks))
        raise PlanError(
            f"--sweep asks at most {MOST_ADDRESSES} addresses, and {named} has {count}: name a part, as in: --sweep "
            f"{networks[0].network_address}/24"
        )


def _network(text: str) -> IPv4Network:
    try:
        found = IPv4Network(text, strict=False)
    except ValueError:
        raise PlanError(f"--sweep is '{text}'; give a network, as in: --sweep 192.168.1.0/24") from None
    if not found.is_private:
        raise PlanError(f"--sweep is '{text}', which is no private network; only those are swept.")
    return found


def answering(addresses: Sequence[IPv4Address], port: int = SSH_PORT) -> list[str]:
    """List the addresses at which somebody takes a connection, few of them at a time."""
    return asyncio.run(_knock(addresses, port))


async def _knock(addresses: Sequence[IPv4Address], port: int) -> list[str]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def is_open(address: IPv4Address) -> bool:
        async with turn:
            with suppress(OSError, TimeoutError):
                _, writer = await asyncio.wait_for(asyncio.open_connection(str(address), port), KNOCK_LIMIT_S)
                writer.close()
                return True
            return False

    answers = await asyncio.gather(*(is_open(address) for address in addresses))
    return [str(address) for address, is_there in zip(addresses, answers, strict=True) if is_there]


def resolved(address: str) -> list[str]:
    """List the IPv4 addresses that a name stands for, or the address itself; nothing if it stands for none."""
    with suppress(OSError, UnicodeError):
        found = socket.getaddrinfo(address, None, socket.AF_INET, socket.SOCK_STREAM)
        return [str(each[4][0]) for each in found][:MOST_RESOLVED]
    return []


@dataclass(frozen=True)
class Neighbours:
    """What the kernel knows of a network after somebody was asked: the router, and who else has answered at all."""

    router: str
    there: frozenset[str]


def neighbours() -> Neighbours:
    """Ask the kernel, after a knock at the router's door; without a router, or without `ip`, it knows nothing."""
    router = next((str(route["gateway"]) for route in _ip("-4", "route", "show", "default") if "gateway" in route), "")
    if router:
        answering([IPv4Address(router)], 53)
    there = {str(each["dst"]) for each in _ip("-4", "neigh") if THERE & set(each.get("state", []))}
    return Neighbours(router, frozenset(there))


def _ip(*words: str) -> list[dict[str, Any]]:
    with suppress(OSError, ValueError, subprocess.TimeoutExpired):
        asked = subprocess.run(
            ["ip", "-json", *words], capture_output=True, text=True, timeout=PROGRAM_LIMIT_S, check=False
        )
        found: list[dict[str, Any]] = json.loads(asked.stdout or "[]")
        return found
    return []


def is_apart(asked: Iterable[str], seen: Neighbours, interfaces: Sequence[IPv4Interface]) -> bool:
    """Tell whether a network seems to keep its computers apart: the router answers, and nobody else that was asked."""
    near = {each for each in asked if is_near(each, interfaces)} - {seen.router}
    return bool(near) and seen.router in seen.there and not near & seen.there


def is_wsl(version: Path = Path("/proc/version")) -> bool:
    """Tell whether this is Linux inside Windows, whose own network nobody else is in."""
    with suppress(OSError):
        return "microsoft" in version.read_text(encoding="utf-8", errors="replace").lower()
    return False


def order(address: str) -> tuple[int, str]:
    """Return by what addresses are sorted: numbers by their value."""
    with suppress(ValueError):
        return int(ipaddress.ip_address(address)), ""
    return 0, address
