"""The private network of a room: a bridge, an address range, and a way out for apt."""

from __future__ import annotations

import ipaddress
import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.i18n import lazy
from virtual.commands import attempt, run
from virtual.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Iterator

RANGES = tuple(ipaddress.IPv4Network(f"10.77.{third}.0/24") for third in range(256))


def free_range(used: list[ipaddress.IPv4Network]) -> ipaddress.IPv4Network:
    """The first address range of ours that nothing on this computer uses; RehearsalError when all are taken."""
    for candidate in RANGES:
        if not any(candidate.overlaps(network) for network in used):
            return candidate
    raise RehearsalError(
        lazy("All address ranges 10.77.0.0/24 to 10.77.255.0/24 are in use on this computer; free one of them.")
    )


def used_ranges() -> list[ipaddress.IPv4Network]:
    """Every address range that this computer has a route to."""
    routes = json.loads(run("ip", "-4", "-json", "route", "show", "table", "all"))
    named = (route["dst"] for route in routes if route["dst"] != "default")
    return [ipaddress.IPv4Network(destination, strict=False) for destination in named]


def up(label: str, network: ipaddress.IPv4Network) -> None:
    """Make the bridge and let its guests out; RehearsalError if something of that name exists already."""
    mtu = str(mtu_of_way_out())
    run("ip", "link", "add", label, "mtu", mtu, "type", "bridge")
    run("ip", "address", "add", f"{network[1]}/{network.prefixlen}", "dev", label)
    run("ip", "link", "set", label, "up")
    run("nft", "-f", "-", stdin=rules(label, network))


def rules(label: str, network: ipaddress.IPv4Network) -> str:
    """The firewall table of a room: guests reach out under this computer's address, and nobody is let in to them."""
    return f"""
table ip {label} {{
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    ip saddr {network} oifname != "{label}" masquerade
  }}
  chain forward {{
    type filter hook forward priority filter;
    iifname "{label}" tcp flags syn tcp option maxseg size set rt mtu
    oifname "{label}" iifname != "{label}" ct state new drop
  }}
}}
"""


@contextmanager
def with_chains(label: str, chains: dict[str, str]) -> Iterator[None]:
    """Have more chains in the firewall table of a room for a while, which end with the room at the latest."""
    told = "".join(f"  chain {name} {{ {chain} }}\n" for name, chain in chains.items())
    run("nft", "-f", "-", stdin=f"table ip {label} {{\n{told}}}\n")
    try:
        yield
    finally:
        attempt("nft", "; ".join(f"flush chain ip {label} {name}; delete chain ip {label} {name}" for name in chains))


def down(label: str) -> None:
    """Undo `up`, whatever part of it was done."""
    attempt("nft", "delete", "table", "ip", label)
    attempt("ip", "link", "delete", label)


def exists(label: str) -> bool:
    """Whether an interface of that name is there."""
    return Path("/sys/class/net", label).exists()


def mtu_of_way_out() -> int:
    """The packet size of the default route: a larger one on the bridge would make downloads hang."""
    routes = json.loads(run("ip", "-4", "-json", "route", "show", "default"))
    if not routes:
        return 1500
    return int(Path("/sys/class/net", routes[0]["dev"], "mtu").read_text())
