"""The units of a board: which of them run, and stopping and starting those that would disturb a measurement."""

from __future__ import annotations

from agent.board.programs import ask, do
from agent.errors import BenchError

AGENT = "pilab-agent.service"
BENCH = "pilab-bench.service"
DISTURBING = (AGENT, "apt-daily.timer", "apt-daily-upgrade.timer")
ACTIVE = frozenset({"active", "activating", "reloading"})
BOOTING = ("initializing", "starting")


def running() -> list[str]:
    """Name the disturbing units that run now."""
    return [unit for unit in DISTURBING if is_active(unit)]


def is_active(unit: str) -> bool:
    """Tell whether a unit runs or is on its way."""
    return _state(unit) in ACTIVE


def is_present(unit: str) -> bool:
    """Tell whether a unit runs or is on its way, its last step included."""
    return _state(unit) in ACTIVE | {"deactivating"}


def bench_runs() -> bool:
    """Tell whether a run of the bench lives, its putting back included."""
    return is_present(BENCH)


def _state(unit: str) -> str:
    return ask("systemctl", "is-active", unit)


def stop(unit: str) -> None:
    """Stop a unit; it has ended when this returns."""
    do("systemctl", "stop", unit)


def start(unit: str) -> None:
    """Start a unit; it is ready when this returns, unless the board still boots. BenchError while it shuts down.

    A unit of the boot that waited for another one could wait for ever, since that one may wait for it.
    """
    state = ask("systemctl", "is-system-running")
    if state == "stopping":
        raise BenchError(f"{unit} cannot be started while the board shuts down.")
    do("systemctl", "start", *(["--no-block"] if state in BOOTING else []), unit)
