"""The units that would disturb a measurement: which of them run, and stopping and starting them."""

from __future__ import annotations

from agent.bench.commands import ask, do

AGENT = "pilab-agent.service"
DISTURBING = (AGENT, "apt-daily.timer", "apt-daily-upgrade.timer")
BOOTING = ("initializing", "starting")


def running() -> list[str]:
    """Name the disturbing units that run now."""
    return [unit for unit in DISTURBING if is_active(unit)]


def is_active(unit: str) -> bool:
    """Tell whether a unit runs or is on its way."""
    return ask("systemctl", "is-active", unit) in {"active", "activating", "reloading"}


def stop(unit: str) -> None:
    """Stop a unit; it has ended when this returns."""
    do("systemctl", "stop", unit)


def start(unit: str) -> None:
    """Start a unit; it is ready when this returns, unless the board still boots.

    A unit of the boot that waited for another one could wait for ever, since that one may wait for it.
    """
    wait = ["--no-block"] if ask("systemctl", "is-system-running") in BOOTING else []
    do("systemctl", "start", *wait, unit)
