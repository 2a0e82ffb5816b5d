"""The units that would disturb a measurement: which of them run, and stopping and starting them."""

from __future__ import annotations

from agent.board.programs import ask, do
from agent.errors import BenchError

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
    state = ask("systemctl", "is-system-running")
    if state == "stopping":
        raise BenchError(f"{unit} cannot be started while the board shuts down.")
    do("systemctl", "start", *(["--no-block"] if state in BOOTING else []), unit)
