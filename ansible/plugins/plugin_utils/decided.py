"""What the decisions of all roles have in common: what is decided, and why nothing is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ansible_collections.pilab.classroom.plugins.module_utils import table
from ansible_collections.pilab.classroom.plugins.plugin_utils import write_protection

if TYPE_CHECKING:
    from ansible_collections.pilab.classroom.plugins.plugin_utils.board_gate import BoardLook

# The units of systemd that the roles bring.
UNITS = ("pilab-agent.service", "pilab-bench-restore.service", "pilab-governor.service")
ACCOUNT = "pilab"  # the agent runs as it
GROUPS = ("video", "gpio")  # Raspberry Pi OS gives them the camera and the pins
BUSY = "a bench is running on it, so nothing was changed; wait until it has ended, then run again."


@dataclass(frozen=True)
class Cell:
    """What the table says of a board: see `table.cell`."""

    model: str
    filters: list[str]
    cameras: list[str]
    no_legacy: str
    config_txt: str
    edits: dict[str, Any]
    gpio: str
    packages: list[dict[str, Any]]


@dataclass(frozen=True)
class Decided:
    """What becomes of a board by one role: whether there is anything to do, what, and what to say."""

    plan: Any
    differs: bool
    notes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


def refusals(tables: dict[str, Any], seen: BoardLook, userland: str, model: str) -> tuple[str, ...]:
    """Return why a board is left as it is, whatever the role; `userland` and `model` may be the inventory's."""
    unknown = table.refusal(tables, seen.release, userland, model, seen.system)
    return tuple(filter(None, (unknown, *unchangeable(seen))))


def unchangeable(seen: BoardLook) -> tuple[str, ...]:
    """Return why nothing can be changed on a board now."""
    reasons = (write_protection.forgetful(seen.overlay_by), BUSY if seen.bench_runs else "")
    return tuple(filter(None, reasons))
