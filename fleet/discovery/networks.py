"""The networks of this computer: which addresses belong to them, who answers there, and who is kept from us."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ifaddr

from fleet.errors import PlanError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Interface = IPv4Interface | IPv6Interface

SSH_PORT = 22
MOST_ADDRESSES = 1024
AT_ONCE = 64
KNOCK_LIMIT_S = 0.5
PROGRAM_LIMIT_S = 5.0
MOST_RESOLVED = 8
# What the kernel says of a neighbour whose hardware address it has (ip-neighbour(8)).
THERE = frozenset({"REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT"})


def own() -> list[Interface]:
    """List the addresses of this computer with the networks that they are of, without its own inside.

    An address of IPv6 that counts on one link only has the name of that link behind it: `fe80::1%eth0/64`.
    """
    found = (_interface(adapter.name, each) for adapter in ifaddr.get_adapters() for each in adapter.ips)
    return [each for each in found if not each.is_loopback]


def _interface(link: str, address: ifaddr.IP) -> Interface:
    if isinstance(address.ip, str):
        return IPv4Interface(f"{address.ip}/{address.network_prefix}")
    bare = IPv6Address(address.ip[0].partition("%")[0])
    return IPv6Interface(f"{bare}{f'%{link}' if bare.is_link_local else ''}/{address.network_prefix}")


def is_near(address: str, interfaces: Iterable[Interface]) -> bool:
    """Tell whether an address is of another computer in a network of ours: nobody is asked that is farther away."""
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(_is_beside(there, each) for each in interfaces)


def _is_beside(there: IPv4Address | IPv6Address, ours: Interface) -> bool:
    return (
        there.version == ours.version
        and _link(there) == _link(ours)
        and int(there) in range(int(ours.network.network_address), int(ours.network.broadcast_address) + 1)
        and int(there) != int(ours.ip)
    )


def _link(address: IPv4Address | IPv6Address) -> str:
    """Return the link on which an address counts; nothing for one that counts everywhere."""
    return (address.scope_id if isinstance(address, IPv6Address) else None) or ""


def on_link(address: str) -> str:
    """Write the link of an address by its name, as the kernel numbers links, and as people write them."""
    bare, _, link = address.partition("%")
    if not link.isdecimal():
        return address
    with suppress(OSError):
        return f"{bare}%{socket.if_indextoname(int(link))}"
    return address


def to_sweep(wished: str, interfaces: Sequence[Interface]) -> list[IPv4Address]:
    """List the addresses of a network, or of ours if none is named; PlanError if they are too many or not private.

    Of IPv6 nobody can ask all: the smallest network has 2 to the 64.
    """
    networks = [_network(wished)] if wished else _own_networks(interfaces)
    if not networks:
        raise PlanError(
            lazy(
                "This computer is in no private network to sweep; name one, as in: --sweep 192.168.1.0/24",
            )
        )
    _check_size(networks)
    ours = {each.ip for each in interfaces}
    return [address for each in networks for address in each.hosts() if address not in ours]


def _own_networks(interfaces: Sequence[Interface]) -> list[IPv4Network]:
    return sorted({each.network for each in interfaces if isinstance(each, IPv4Interface) and each.is_private})


def _check_size(networks: Sequence[IPv4Network]) -> None:
    count = sum(each.num_addresses for each in networks)
    if count > MOST_ADDRESSES:
        named = ", ".join(map(str, networks))
        raise PlanError(
            lazy(
                "--sweep asks at most {most} addresses, and {networks} has {count}: name a part, as in: --sweep "
                "{first}/24",
                most=MOST_ADDRESSES,
                networks=named,
                count=count,
                first=networks[0].network_address,
            )
        )


def _network(text: str) -> IPv4Network:
    try:
        found = IPv4Network(text, strict=False)
    except ValueError:
        raise PlanError(lazy("--sweep is '{text}'; give a network, as in: --sweep 192.168.1.0/24", text=text)) from None
    if not found.is_private:
        raise PlanError(lazy("--sweep is '{text}', which is no private network; only those are swept.", text=text))
    return found


def answering(addresses: Sequence[IPv4Address], port: int = SSH_PORT) -> list[str]:
    """List the addresses at which somebody takes a connection, few of them at a time."""
    return asyncio.run(_knock(addresses, port))


async def _knock(addresses: Sequence[IPv4Address], port: int) -> list[str]:
    turn = asyncio.Semaphore(AT_ONCE)

    async def is_open(address: IPv4Address) -> bool:
        async with turn:
            with socket.socket() as knocking, suppress(OSError):
                knocking.settimeout(0)
                connecting = asyncio.get_running_loop().sock_connect(knocking, (str(address), port))
                with suppress(TimeoutError):
                    await asyncio.wait_for(connecting, KNOCK_LIMIT_S)
                knocking.getpeername()  # a busy computer may see only after the limit that somebody answered within it
                return True
            return False

    answers = await asyncio.gather(*(is_open(address) for address in addresses))
    return [str(address) for address, is_there in zip(addresses, answers, strict=True) if is_there]


def resolved(address: str) -> list[str]:
    """List the addresses that a name stands for, or the address itself; nothing if it stands for none.

    Those of IPv6 count only where there is none of IPv4: a board is told of once.
    """
    with suppress(OSError, UnicodeError):
        found = socket.getaddrinfo(address, None, socket.AF_UNSPEC, socket.SOCK_STREAM)
        old = [str(each[4][0]) for each in found if each[0] == socket.AF_INET]
        new = [_with_link(each[4]) for each in found if each[0] == socket.AF_INET6]
        return (old or new)[:MOST_RESOLVED]
    return []


def _with_link(place: tuple[Any, ...]) -> str:
    """Write where somebody is by IPv6; the fourth word of such a place is the number of its link, if it has one."""
    host, _, _, link = place
    return on_link(f"{host}%{link}") if link else str(host)


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
    there = {_neighbour(each) for each in _ip("neigh") if THERE & set(each.get("state", []))}
    return Neighbours(router, frozenset(there))


def _neighbour(row: dict[str, Any]) -> str:
    address = str(row["dst"])
    is_of_link = address.lower().startswith("fe80:") and "dev" in row
    return f"{address}%{row['dev']}" if is_of_link else address


def _ip(*words: str) -> list[dict[str, Any]]:
    with suppress(OSError, ValueError, subprocess.TimeoutExpired):
        asked = subprocess.run(
            ["ip", "-json", *words], capture_output=True, text=True, timeout=PROGRAM_LIMIT_S, check=False
        )
        found: list[dict[str, Any]] = json.loads(asked.stdout or "[]")
        return found
    return []


def is_apart(asked: Iterable[str], seen: Neighbours, interfaces: Sequence[Interface]) -> bool:
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
