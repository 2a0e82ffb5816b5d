"""What becomes of the camera of a board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.pilab.classroom.plugins.module_utils import config_txt
from ansible_collections.pilab.classroom.plugins.plugin_utils.decided import Cell, Decided
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import Description

if TYPE_CHECKING:
    from ansible_collections.pilab.classroom.plugins.plugin_utils.board_gate import BoardLook
    from ansible_collections.pilab.classroom.plugins.plugin_utils.described import RoleFiles

NO_LETTER = "\ufffd"  # stands where bytes are none of UTF-8


@dataclass(frozen=True)
class Settings:
    """The settings of the role camera."""

    camera_stack: str
    camera_is_module_3: bool
    camera_may_reboot: bool


@dataclass(frozen=True)
class Plan:
    """What the role does: the config.txt to write, if any, and the stack that is there after a restart."""

    stack: str
    writes: bool
    text: str


@dataclass(frozen=True)
class RestorePlan:
    """What the role takes back: the config.txt without lines of ours, if there are any."""

    writes: bool
    text: str


def describe(files: RoleFiles) -> Description:  # noqa: ARG001 (as every role's)
    """Return no files: the role changes lines of one that is there."""
    return Description()


def decide(settings: Settings, seen: BoardLook, cell: Cell, description: Description) -> Decided:  # noqa: ARG001 (as every role's)
    """Decide what becomes of a board that was seen."""
    found = seen.config_txt.text
    why_not = refusal(settings, seen, cell)
    is_asked_for = settings.camera_stack == "legacy" or "libcamera" not in cell.cameras
    stack = "legacy" if is_asked_for and not why_not else "libcamera"
    is_readable = seen.config_txt.path == cell.config_txt and NO_LETTER not in found
    text = config_txt.for_stack(found, stack, cell.edits, cell.filters) if is_readable else found
    waits = seen.config_txt.newer_than_boot and found != config_txt.without_ours(found)
    plan = Plan(stack, writes=text != found, text=text if text != found else "")
    told = [
        refused(why_not, cell) if settings.camera_stack == "legacy" and why_not else "",
        restart(stack) if (plan.writes or waits) and not settings.camera_may_reboot else "",
        *config_txt.notes(text, cell.filters),
    ]
    differs = plan.writes or (waits and settings.camera_may_reboot)
    return Decided(plan, differs=differs, notes=tuple(filter(None, told)))


def restore(seen: BoardLook) -> Decided:
    """Return the config.txt that a board gets back."""
    text = config_txt.without_ours(seen.config_txt.text)
    plan = RestorePlan(writes=text != seen.config_txt.text, text=text)
    return Decided(plan, differs=plan.writes)


def refusal(settings: Settings, seen: BoardLook, cell: Cell) -> str:
    """Return why a board cannot have the legacy camera, or nothing."""
    path, place = seen.config_txt.path, cell.config_txt
    reasons = (
        cell.no_legacy,
        "a Camera Module 3 does not work with it" if settings.camera_is_module_3 else "",
        "" if path else "the board has no config.txt",
        "" if path in {"", place} else f"it has {path}, but the system reads {place}: is that mounted?",
        "its config.txt has letters that are not UTF-8" if NO_LETTER in seen.config_txt.text else "",
    )
    return next(filter(None, reasons), "")


def refused(why_not: str, cell: Cell) -> str:
    """Return the note about a camera that is not brought about."""
    kept = "libcamera left as it is" if "libcamera" in cell.cameras else "nothing changed"
    return f"legacy camera refused, {kept}: {why_not}"


def restart(stack: str) -> str:
    """Return the note about a restart that is needed."""
    return (
        f"the {stack} camera works after a restart: restart the board, or let `ansible-playbook site.yml -e "
        "camera_may_reboot=true` do it"
    )
