"""The rules: each looks at one board's facts and finds one thing, or nothing. `docs/doctor.md` lists their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.doctor.rules import camera, machine, network, power, storage, system

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.doctor.finding import Finding, Seen

    Rule = Callable[[Seen], Finding | None]

# What hinders most comes first.
RULES: tuple[Rule, ...] = (
    power.under_voltage,
    power.slowed,
    power.hot,
    storage.failing,
    storage.read_only,
    storage.overlay,
    storage.full,
    machine.unknown_release,
    machine.unknown_model,
    machine.little_memory,
    system.clock,
    system.name_is_reset,
    network.blocked,
    network.without_country,
    network.asleep,
    system.busy_apt,
    system.unfinished_packages,
    camera.wrong_stack,
    camera.absent,
    camera.busy,
    machine.gpio_library,
    machine.pins,
    machine.forced_turbo,
    machine.governor,
    system.service,
    machine.untold,
    machine.mixed_bits,
    machine.large_pages,
)


def diagnose(seen: Seen) -> list[Finding]:
    """Return everything that is wrong with a board, and what there is to know of it."""
    found = (rule(seen) for rule in RULES)
    return [each for each in found if each]
