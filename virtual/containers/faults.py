"""What goes wrong in classrooms, done to virtual Pis: a cable or a plug that is pulled, a room without internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from virtual.containers import guest, network, power

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from virtual.place import Place
    from virtual.state import Guest


def unplugged(place: Place, one: Guest) -> AbstractContextManager[None]:
    """Have no packet pass between this computer and a board, as if its cable were out: nobody is told."""
    return network.with_chains(
        place.label,
        {
            f"{one.name}-input": f"type filter hook input priority filter; ip saddr {one.address} drop;",
            f"{one.name}-output": f"type filter hook output priority filter; ip daddr {one.address} drop;",
        },
    )


def cut_off(place: Place) -> AbstractContextManager[None]:
    """Let the boards answer this computer's ssh, and nothing else: neither past it nor to its own ports."""
    bridge = f'iifname "{place.label}"'
    return network.with_chains(
        place.label,
        {
            "cut-off-forward": f"type filter hook forward priority filter - 5; {bridge} reject;",
            "cut-off-input": (
                f"type filter hook input priority filter - 5; {bridge} ct state established,related accept; "
                f"{bridge} reject;"
            ),
        },
    )


def cut_power(place: Place, one: Guest) -> None:
    """End a board at once and with everything on it, as a pulled plug does."""
    power.cut(place, one)


def switch_on(place: Place, one: Guest) -> None:
    """Boot a board that lost its power; it answers some seconds later."""
    guest.boot(place, one)
