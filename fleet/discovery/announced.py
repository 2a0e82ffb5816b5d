"""Who announces a computer in this network: Raspberry Pi OS does, as `_workstation._tcp` (avahi's publish-workstation).

What comes is from strangers: how many, how long and where is bounded, and nothing of it is believed before a key is.
"""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from fleet.discovery.networks import is_near, on_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.discovery.networks import Interface

KIND = "_workstation._tcp.local."
LISTEN_S = 3.0
ASK_MS = 1000
MOST_ANNOUNCED = 1024
MOST_ADDRESSES = 4
# avahi announces "name [hardware address]" (avahi-core/iface.c).
INSTANCE = re.compile(r"(?P<name>[^\x00]{1,63}?)(?: \[(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\])?", re.DOTALL)

logging.getLogger("zeroconf").addHandler(logging.NullHandler())
logging.getLogger("zeroconf").propagate = False  # its complaints about others' packets are nobody's to read


@dataclass(frozen=True)
class Announcement:
    """What a computer calls itself, and one address that it says is its own."""

    name: str
    address: str


def listen(interfaces: Sequence[Interface], seconds: float = LISTEN_S) -> list[Announcement]:
    """List who announced itself within some seconds, with addresses in our networks only; OSError without a network."""
    return asyncio.run(_listen(interfaces, seconds))


async def _listen(interfaces: Sequence[Interface], seconds: float) -> list[Announcement]:
    names: dict[str, None] = {}

    def heard(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:  # noqa: ARG001 (zeroconf's words)
        if state_change is not ServiceStateChange.Removed and len(names) < MOST_ANNOUNCED:
            names[name] = None

    async with AsyncZeroconf(interfaces=[str(each.ip) for each in interfaces], ip_version=IPVersion.All) as heard_by:
        async with AsyncServiceBrowser(heard_by.zeroconf, KIND, handlers=[heard]):
            await asyncio.sleep(seconds)
        asked = [_asked(heard_by.zeroconf, name) for name in list(names)]
        found = await asyncio.gather(*asked)
    kept = [each for some in found for each in some if is_near(each.address, interfaces)]
    return list(dict.fromkeys(kept))[:MOST_ANNOUNCED]


async def _asked(zeroconf: Zeroconf, name: str) -> list[Announcement]:
    """Ask where somebody is who announced itself; nothing if that is not answered or makes no sense."""
    called = INSTANCE.fullmatch(name.removesuffix(f".{KIND}"))
    with suppress(Exception):  # zeroconf raises errors of its own about names and packets that no honest board sends
        info = AsyncServiceInfo(KIND, name)
        if called and await info.async_request(zeroconf, ASK_MS):
            # A board with both is told of once.
            told = info.parsed_addresses(IPVersion.V4Only) or info.parsed_scoped_addresses(IPVersion.V6Only)
            return [Announcement(called["name"], on_link(address)) for address in told[:MOST_ADDRESSES]]
    return []
