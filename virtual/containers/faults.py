"""What goes wrong in classrooms, done to a virtual Pi: a cable that is pulled, a plug that is pulled."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from virtual.commands import attempt, run
from virtual.containers import guest, power

if TYPE_CHECKING:
    from collections.abc import Iterator

    from virtual.place import Place
    from virtual.state import Guest


@contextmanager
def unplugged(place: Place, one: Guest) -> Iterator[None]:
    """Have no packet pass between this computer and a board, as if its cable were out."""
    table = f"{place.label}-{one.name}"
    run("nft", "-f", "-", stdin=rules(table, one.address))
    try:
        yield
    finally:
        attempt("nft", "delete", "table", "ip", table)


def rules(table: str, address: str) -> str:
    """The firewall table of a pulled cable: packets vanish, and nobody is told."""
    return f"""
table ip {table} {{
  chain input {{ type filter hook input priority filter; ip saddr {address} drop; }}
  chain output {{ type filter hook output priority filter; ip daddr {address} drop; }}
}}
"""


def cut_power(place: Place, one: Guest) -> None:
    """End a board at once and with everything on it, as a pulled plug does."""
    power.cut(place, one)


def switch_on(place: Place, one: Guest) -> None:
    """Boot a board that lost its power; it answers some seconds later."""
    guest.boot(place, one)
