"""What becomes of the agent on a board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from ansible_collections.pilab.classroom.plugins.plugin_utils.decided import ACCOUNT, GROUPS, Cell, Decided
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import Description, digest, tree_digest
from ansible_collections.pilab.classroom.plugins.plugin_utils.settings import Range

if TYPE_CHECKING:
    from ansible_collections.pilab.classroom.plugins.plugin_utils.board_gate import BoardLook, Unit
    from ansible_collections.pilab.classroom.plugins.plugin_utils.described import RoleFiles

UNIT = "pilab-agent.service"
RESTORE_UNIT = "pilab-bench-restore.service"
TOML = "/etc/pilab/agent.toml"
FOLDER = "/opt/pilab/agent"
# The states of a unit in which nothing of it runs, and systemd will not start it by itself.
ENDED = ("inactive", "failed")


@dataclass(frozen=True)
class Settings:
    """The settings of the role agent."""

    # From agent/settings/config.py, generated: begin (make generate)
    agent_camera_source: str
    agent_camera_device: Annotated[int, Range(0, 63)]
    agent_camera_path: str
    agent_camera_fps: Annotated[float, Range(0, 120)]
    agent_camera_width_px: Annotated[int, Range(16, 7680)]
    agent_camera_height_px: Annotated[int, Range(16, 4320)]
    agent_camera_loop: bool
    agent_detector: str
    agent_circles_preset: str
    agent_circles_sensitivity: Annotated[float, Range(0, 1)]
    agent_led_pin: Annotated[int, Range(0, 27)]
    agent_led_hold_s: Annotated[float, Range(0.1, 600)]
    agent_led_pins: str
    agent_led_active_high: bool
    agent_led_seen: Annotated[int, Range(1, 120)]
    agent_led_of: Annotated[int, Range(1, 120)]
    agent_view: bool
    # generated: end
    agent_memory_max_mib: Annotated[int, Range(100, 8192)]


@dataclass(frozen=True)
class Plan:
    """What the role does; `starts` is with other files than the process that may run has.

    One that fails is started by systemd again and again and is never active: `awaits` sees how its next start ends.
    """

    makes_account: bool
    writes: bool
    starts: bool
    stops: bool
    resumes: bool
    awaits: bool
    enables_restore: bool


@dataclass(frozen=True)
class RestorePlan:
    """What the role takes back: units that run or would, the account and the groups that were made for it."""

    units: list[str]
    accounts: list[str]
    groups: list[str]


def describe(files: RoleFiles) -> Description:
    """Return the files of the role. The deployment names what a process is started with; the unit tells it."""
    code = files.tree(FOLDER)
    unit = files.source(f"/etc/systemd/system/{UNIT}")
    [toml] = files.at(TOML)
    deployment = digest([tree_digest(code["source"]), toml, files.settings["agent_memory_max_mib"], unit])
    units = files.at(*(f"/etc/systemd/system/{name}" for name in (UNIT, RESTORE_UNIT)), agent_deployment=deployment)
    return Description(
        folders=["/var/lib/pilab", "/var/lib/pilab/runs"],
        files=[*files.at("/opt/pilab/bin/pilab"), toml, *units],
        # Root runs Python in the second, which would take any other file for a module.
        trees=[code, {"path": "/opt/pilab", "keep": ["agent", "bin", "native"]}],
        deployment=deployment,
    )


def decide(settings: Settings, seen: BoardLook, cell: Cell, description: Description) -> Decided:  # noqa: ARG001 (as every role's)
    """Decide what becomes of a board that was seen."""
    unit, writes = seen.units[UNIT], bool(seen.stale["agent"])
    is_stale = writes or unit.stale or unit.deployment != description.deployment
    plan = Plan(
        makes_account=not set(GROUPS) <= set(seen.groups),
        writes=writes,
        starts=is_stale,
        stops=is_stale and _may_run(unit),
        resumes=not is_stale and (not unit.enabled or unit.state in ENDED),
        awaits=not is_stale and unit.state not in ("active", *ENDED),
        enables_restore=not seen.units[RESTORE_UNIT].enabled,
    )
    return Decided(plan, differs=any(vars(plan).values()), refusals=refusals(settings))


def _may_run(unit: Unit) -> bool:
    """Tell whether a unit runs, or systemd may start it at any moment."""
    return unit.enabled or unit.state not in ENDED


def restore(seen: BoardLook) -> Decided:
    """Return how a board gets rid of the agent."""
    plan = RestorePlan(
        units=[name for name in (UNIT, RESTORE_UNIT) if _may_run(seen.units[name])],
        accounts=[] if seen.before.had_account else [ACCOUNT],
        groups=list(seen.before.made_groups or []),
    )
    return Decided(plan, differs=True)


def refusals(settings: Settings) -> tuple[str, ...]:
    """Return which settings do not go together."""
    reasons = (nothing_to_play(settings), never_lights(settings))
    return tuple(filter(None, reasons))


def nothing_to_play(settings: Settings) -> str:
    """Return the sentence about a picture that the agent cannot see, or nothing."""
    path = settings.agent_camera_path
    if settings.agent_camera_source != "file" or (path and not path.startswith("/home/")):
        return ""
    return (
        f"agent_camera_path is '{path}': name a picture or folder on the board for agent_camera_source=file, outside "
        "of /home, which the agent cannot see."
    )


def never_lights(settings: Settings) -> str:
    """Return the sentence about more frames than there are, or nothing."""
    if settings.agent_led_seen <= settings.agent_led_of:
        return ""
    return (
        f"agent_led_seen is {settings.agent_led_seen}, but agent_led_of is only {settings.agent_led_of}: the LED would "
        "never light."
    )
