"""What becomes of a board's packages, name, Wi-Fi and clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from ansible_collections.pilab.classroom.plugins.module_utils import boards, table
from ansible_collections.pilab.classroom.plugins.plugin_utils import bundle, cloud_init, own_things, write_protection
from ansible_collections.pilab.classroom.plugins.plugin_utils.decided import Cell, Decided
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import Description
from ansible_collections.pilab.classroom.plugins.plugin_utils.settings import Range, SettingsError

if TYPE_CHECKING:
    from ansible_collections.pilab.classroom.plugins.plugin_utils.board_gate import BoardLook
    from ansible_collections.pilab.classroom.plugins.plugin_utils.described import RoleFiles

# apt allows for seconds; more than a minute is no longer the network's doing.
MOST_WRONG_S = 60
# Below this memory, installing everything at once ends with processes being killed.
LITTLE_MEMORY_MIB, FEW, ALL = 600, 4, 1000
OWN_TASKS = ("base_tasks_before", "base_tasks_after")
DASK = "python3-distributed"
WIFI_FILES = ("/etc/NetworkManager/conf.d/99-pilab-wifi.conf", "/etc/udev/rules.d/70-pilab-wifi.rules")


@dataclass(frozen=True)
class Settings:
    """The settings of the role base."""

    base_packages: str
    base_spread: bool
    base_lists_max_age_s: Annotated[int, Range(0, 31536000)]
    base_lock_timeout_s: Annotated[int, Range(0, 3600)]
    base_hostname: str
    base_wifi_stays_awake: bool
    base_from_bundle: bool
    base_bundle_folder: str
    base_extra_packages: list[str]
    base_extra_sources: list[dict[str, Any]]
    base_extra_files: list[dict[str, Any]]
    base_extra_folder: str
    base_tasks_before: str
    base_tasks_after: str
    base_set_clock: bool


@dataclass(frozen=True)
class Packages:
    """Names of packages: what is missing, what lessons need (`misses`: some of that), what can be had and what not."""

    missing: list[str]
    needed: list[str]
    misses: bool
    to_install: list[str]
    lacks: list[str]
    lists_are_old: bool
    has_work: bool
    at_once: int
    archive: str
    left_out: list[str]


@dataclass(frozen=True)
class Name:
    """The name that the board gets, with the /etc/hosts for it and what cloud-init is told."""

    changes: bool
    hosts: str
    told: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """What the role does."""

    packages: Packages
    name: Name
    wifi_file: str
    changes_wifi: bool
    checks_spread: bool
    changes_own: bool
    has_new_source: bool
    clock_is_wrong: bool
    wrong_clock: str


@dataclass(frozen=True)
class RestorePlan:
    """What the role gives back."""

    renames: bool
    hosts: str
    told: list[tuple[str, str]]
    tells: bool


def describe(files: RoleFiles) -> Description:
    """Return what the classroom has of its own; what else is written depends on the board, and the look tells of it.

    SettingsError if that is not as it should be.
    """
    given, folder = files.settings, Path(files.settings["base_extra_folder"])
    try:
        own_things.check_tasks({name: given[name] for name in OWN_TASKS}, folder)
        sources = own_things.sources(given["base_extra_sources"], folder)
        return Description(
            files=[
                *(file for source in sources for file in source.files()),
                *own_things.files(given["base_extra_files"], folder),
            ],
            imports=["distributed"] if given["base_spread"] else [],
            packages=own_things.packages(given["base_extra_packages"]),
        )
    except own_things.OwnThingsError as error:
        raise SettingsError(str(error)) from None


def decide(settings: Settings, seen: BoardLook, cell: Cell, description: Description) -> Decided:
    """Decide what becomes of a board that was seen."""
    held = bundle_for(settings, seen)
    own = changed_own(seen, description)
    packages = packages_of(settings, seen, with_more(cell, description.packages), held)
    has_new_source = bool(packages.missing) and any(path.startswith("/etc/apt/") for path in own)
    name = name_of(settings, seen)
    spread_is_broken = DASK in seen.packages.installed and not seen.imports.get("distributed", True)
    plan = Plan(
        packages,
        name,
        changes_own=bool(own),
        has_new_source=has_new_source,
        checks_spread=spread_is_broken or (settings.base_spread and DASK in packages.missing),
        wifi_file=WIFI_FILES[0 if seen.wifi.has_network_manager else 1],
        changes_wifi=bool(seen.wifi.devices) and seen.wifi.stays_awake != settings.base_wifi_stays_awake,
        clock_is_wrong=abs(seen.clock_ahead_s) > MOST_WRONG_S,
        wrong_clock=wrong_clock(seen.clock_ahead_s),
    )
    work = (
        bool(own),
        packages.has_work,
        seen.has_bundle,
        spread_is_broken,
        name.changes,
        plan.changes_wifi,
        plan.clock_is_wrong,
    )
    return Decided(
        plan,
        differs=any(work),
        notes=(*packages.left_out, *name_notes(settings, seen, name)),
        refusals=tuple(filter(None, (write_protected(seen, name), held["fault"] if packages.misses else ""))),
    )


def restore(seen: BoardLook) -> Decided:
    """Return how a board gets back its name, and why it cannot."""
    old = seen.before.hostname or ""
    told = cloud_init.told_again(seen.cloud_init.user_data, seen.before.user_data or "")
    ours = boards.hosts_naming(seen.hosts, seen.hostname, seen.hostname)
    hosts = (seen.before.hosts or "") if seen.hosts == ours else boards.hosts_naming(seen.hosts, old, seen.hostname)
    tells = bool(told or seen.cloud_init.ours)
    plan = RestorePlan(
        renames=seen.hostname != old or seen.hosts != seen.before.hosts or tells, hosts=hosts, told=told, tells=tells
    )
    protected = protection(seen) if told else ""
    return Decided(plan, differs=True, refusals=(protected,) if protected else ())


def bundle_for(settings: Settings, seen: BoardLook) -> dict[str, Any]:
    """Return what the bundle has for a board like this (by what dpkg says, whatever board_userland is)."""
    if not settings.base_from_bundle:
        return {"archive": "", "names": seen.packages.available, "fault": ""}
    return bundle.bundle_of(settings.base_bundle_folder, f"{seen.release}-{seen.userland}")


def changed_own(seen: BoardLook, description: Description) -> set[str]:
    """Return the paths of the classroom's own files that are not as they should be, or no longer wanted."""
    return {*seen.stale["base"], *({file["path"] for file in description.files} ^ set(seen.own))}


def with_more(cell: Cell, names: list[str]) -> Cell:
    """Return what the table says of a board, with packages that it may lack and do its work all the same."""
    known = {row["name"] for row in cell.packages}
    more = [{"name": name, "optional": True} for name in names if name not in known]
    return replace(cell, packages=[*cell.packages, *more])


def packages_of(settings: Settings, seen: BoardLook, cell: Cell, held: dict[str, Any]) -> Packages:
    """Return what is to be installed, of what the board's sources or the bundle hold."""
    rows = [row for row in cell.packages if row.get("only") != "base_spread" or settings.base_spread]
    mode = settings.base_packages
    needed = table.package_names(rows, seen.release, mode, needed=True)
    missing = without(table.package_names(rows, seen.release, mode), seen.packages.installed)
    absent = without(missing, held["names"])
    to_install, lacks = without(missing, absent), without(absent, without(absent, needed))
    are_old = lists_are_old(settings, seen, missing)
    return Packages(
        missing=missing,
        needed=needed,
        misses=missing != without(missing, needed),
        to_install=to_install,
        lacks=lacks,
        lists_are_old=are_old,
        has_work=seen.packages.interrupted or are_old or bool(to_install or lacks),
        at_once=FEW if seen.memory_mib < LITTLE_MEMORY_MIB else ALL,
        archive=held["archive"],
        left_out=table.left_out(rows, seen.release, mode, absent),
    )


def without(names: list[str], others: list[str]) -> list[str]:
    """Return names without others, in their order."""
    return [name for name in names if name not in others]


def lists_are_old(settings: Settings, seen: BoardLook, missing: list[str]) -> bool:
    """Tell whether package lists are to be fetched; those from the future are of a clock that was set back."""
    return bool(missing or seen.packages.unfinished) and abs(seen.lists_age_s) > settings.base_lists_max_age_s


def name_of(settings: Settings, seen: BoardLook) -> Name:
    """Return the name that a board gets; it keeps its own where another is not asked for, or cannot be one."""
    name = settings.base_hostname
    if not boards.is_hostname(name):
        return Name(changes=False, hosts=seen.hosts, told={"lines": [], "settings": "", "differs": False, "notes": []})
    told = cloud_init.told(msgspec.to_builtins(seen.cloud_init), name)
    hosts = boards.hosts_naming(seen.hosts, name, seen.hostname)
    changes = seen.hostname != name or seen.hosts != hosts or told["differs"]
    return Name(changes, hosts if changes else "", told)


def name_notes(settings: Settings, seen: BoardLook, name: Name) -> list[str]:
    """Return what there is to know of the name."""
    wanted = settings.base_hostname
    if not wanted or boards.is_hostname(wanted):
        return list(name.told["notes"])
    return cloud_init.name_note(wanted, seen.hostname)


def write_protected(seen: BoardLook, name: Name) -> str:
    """Return why the name cannot be told to cloud-init, or nothing."""
    return protection(seen) if name.changes and name.told["lines"] else ""


def protection(seen: BoardLook) -> str:
    """Return the sentence about a boot partition that cannot be written, or nothing."""
    what = "what user-data says of its name"
    return write_protection.write_protected("/boot/firmware", what) if seen.boot_is_read_only else ""


def wrong_clock(ahead_s: int) -> str:
    """Return how wrong a clock is, in words."""
    return f"its clock is {boards.duration(ahead_s)} {'fast' if ahead_s > 0 else 'slow'}"
