"""What becomes of the cpufreq governor of a board."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.pilab.classroom.plugins.plugin_utils import first_minute
from ansible_collections.pilab.classroom.plugins.plugin_utils.decided import Cell, Decided
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import Description

if TYPE_CHECKING:
    from ansible_collections.pilab.classroom.plugins.plugin_utils.board_gate import BoardLook, Policy
    from ansible_collections.pilab.classroom.plugins.plugin_utils.described import RoleFiles

UNIT = "pilab-governor.service"
PATHS = ("/opt/pilab/bin/set-governor", f"/etc/systemd/system/{UNIT}")
CORES = re.compile(r"[0-9]{1,3}(-[0-9]{1,3})?(,[0-9]{1,3}(-[0-9]{1,3})?)*")


@dataclass(frozen=True)
class Settings:
    """The settings of the role governor."""

    governor_name: str
    governor_cores: str


@dataclass(frozen=True)
class Plan:
    """What the role does: for every start, and now."""

    changes_boot: bool
    enables: bool
    changes_default: bool
    sets: bool


@dataclass(frozen=True)
class RestorePlan:
    """What the role gives back: the governor of each policy, with its cores, and that of Raspberry Pi OS's script."""

    disables: bool
    governors: dict[str, str]
    default_governor: str
    has_default: bool


def describe(files: RoleFiles) -> Description:
    """Return the files of the role."""
    return Description(files=files.at(*PATHS))


def decide(settings: Settings, seen: BoardLook, cell: Cell, description: Description) -> Decided:  # noqa: ARG001 (as every role's)
    """Decide what becomes of a board that was seen."""
    if not are_cores(settings.governor_cores):
        return Decided(None, differs=False, refusals=(unreadable(settings),))
    policies = policies_with(seen.governors, settings.governor_cores)
    changes_default = settings.governor_cores == "all" and seen.default_governor not in {"", settings.governor_name}
    enables = not seen.units[UNIT].enabled
    plan = Plan(
        changes_boot=bool(seen.governors) and (bool(seen.stale["governor"]) or enables or changes_default),
        enables=enables,
        changes_default=changes_default,
        sets=any(policy.governor != settings.governor_name for policy in policies.values()),
    )
    return Decided(
        plan,
        differs=plan.changes_boot or plan.sets,
        notes=(*notes(settings, seen.governors), *(seen_later(settings, seen) if plan.sets else ())),
        refusals=refusals(settings, seen.governors, policies),
    )


def restore(seen: BoardLook) -> Decided:
    """Return how a board gets the governors back that it was found with."""
    before, default = seen.before.governors or {}, seen.before.default_governor or ""
    others = {
        name: policy for name, policy in seen.governors.items() if before.get(name, policy.governor) != policy.governor
    }
    plan = RestorePlan(
        disables=seen.units[UNIT].enabled,
        governors={",".join(map(str, policy.cores)): before[name] for name, policy in others.items()},
        default_governor="" if default == seen.default_governor else default,
        has_default=default != "unset",
    )
    return Decided(plan, differs=True)


def notes(settings: Settings, governors: dict[str, Policy]) -> tuple[str, ...]:
    """Return what there is to know of the governor."""
    if not governors:
        return ("governor left alone: the kernel of this board has no cpufreq",)
    shared = ", ".join(map(str, shared_with(governors, settings.governor_cores)))
    wanted = f"governor {settings.governor_name} for cores {settings.governor_cores}"
    return (f"{wanted} sets cores {shared} too: they share one clock",) if shared else ()


def seen_later(settings: Settings, seen: BoardLook) -> list[str]:
    """Return what cannot be seen yet of a governor that is set now."""
    return first_minute.note(settings.governor_name, seen.up_s, seen.config_txt.text, shows_clock=seen.shows_clock)


def refusals(settings: Settings, governors: dict[str, Policy], policies: dict[str, Policy]) -> tuple[str, ...]:
    """Return why the board cannot have what is asked for."""
    there = sorted(core for policy in governors.values() for core in policy.cores)
    wanted = there if settings.governor_cores == "all" else as_cores(settings.governor_cores)
    if there and not set(wanted) <= set(there):
        cores = ", ".join(map(str, there))
        return (f"governor_cores is {settings.governor_cores}, but the board has the cores {cores} only.",)
    lacking = {name: policy for name, policy in policies.items() if settings.governor_name not in policy.available}
    return (lacks(settings, lacking),) if lacking else ()


def unreadable(settings: Settings) -> str:
    """Return the sentence about cores that are none."""
    return f"governor_cores is {settings.governor_cores}: write all, a range as 1-3, or a list as 0,2."


def lacks(settings: Settings, lacking: dict[str, Policy]) -> str:
    """Return the sentence about a governor that the kernel does not have."""
    offered = ", ".join(next(iter(lacking.values())).available)
    return (
        f"governor_name is {settings.governor_name}, which the kernel does not offer for {', '.join(lacking)}: choose "
        f"one of {offered}."
    )


def are_cores(text: str) -> bool:
    """Tell whether a setting names cores: all, or a list of cores and of ranges that begin with their lower end."""
    if text == "all" or not CORES.fullmatch(text):
        return text == "all"
    ranges = [part.partition("-") for part in text.split(",")]
    return all(int(low) <= int(high or low) for low, _, high in ranges)


def as_cores(text: str) -> list[int]:
    """Return the cores of a list as `1-3` or `0,2`; ValueError if it is none."""
    ranges = [part.partition("-") for part in text.split(",")]
    return sorted({core for low, _, high in ranges for core in range(int(low), int(high or low) + 1)})


def policies_with(governors: dict[str, Policy], cores: str) -> dict[str, Policy]:
    """Return the cpufreq policies that have one of the cores, or all for `all`."""
    if cores == "all":
        return governors
    wanted = set(as_cores(cores))
    return {name: policy for name, policy in governors.items() if wanted & set(policy.cores)}


def shared_with(governors: dict[str, Policy], cores: str) -> list[int]:
    """Return the cores that nobody asked for and that change with those asked for, because they share a policy."""
    chosen = policies_with(governors, cores).values()
    together = {core for policy in chosen for core in policy.cores}
    return [] if cores == "all" else sorted(together - set(as_cores(cores)))
