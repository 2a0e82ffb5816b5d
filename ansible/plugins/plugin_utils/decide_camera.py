"""What becomes of the camera of a board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ansible_collections.pilab.classroom.plugins.module_utils import config_txt
from ansible_collections.pilab.classroom.plugins.plugin_utils import write_protection
from ansible_collections.pilab.classroom.plugins.plugin_utils.decided import Cell, Decided
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import Description

if TYPE_CHECKING:
    from ansible_collections.pilab.classroom.plugins.plugin_utils.board_gate import BoardLook
    from ansible_collections.pilab.classroom.plugins.plugin_utils.described import RoleFiles

OLD_PLACE, NEW_PLACE = "/boot/config.txt", "/boot/firmware/config.txt"
MOVED = f"has moved to {NEW_PLACE}"  # all that Raspberry Pi OS says at the old place from bookworm on
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
    found, why_not = seen.config_txt.text, refusal(settings, seen, cell)
    stack = stack_for(settings, cell, why_not)
    text = text_for(stack, seen, cell)
    plan = Plan(stack, writes=text != found, text=text if text != found else "")
    waits = plan.writes or is_waiting(seen)
    differs = plan.writes or (waits and settings.camera_may_reboot)
    told = notes(settings, cell, why_not, restart(stack) if waits else "")
    notes_of_file = config_txt.notes(text, cell.filters)
    return Decided(plan, differs=differs, notes=(*told, *notes_of_file), refusals=write_protected(plan, seen))


def notes(settings: Settings, cell: Cell, why_not: str, waiting: str) -> list[str]:
    """Return what there is to know of the camera: that it is refused, that it waits for a restart."""
    refusal_note = refused(why_not, cell) if settings.camera_stack == "legacy" and why_not else ""
    return [note for note in (refusal_note, "" if settings.camera_may_reboot else waiting) if note]


def write_protected(plan: Plan | RestorePlan, seen: BoardLook) -> tuple[str, ...]:
    """Return why config.txt cannot be written, or nothing."""
    if not plan.writes or not seen.boot_is_read_only:
        return ()
    folder, _, name = seen.config_txt.path.rpartition("/")
    return (write_protection.write_protected(folder, name),)


def text_for(stack: str, seen: BoardLook, cell: Cell) -> str:
    """Return the config.txt for a stack; one that is not the system's, or that nobody can read, stays as it is."""
    found = seen.config_txt.text
    if not is_read(seen, cell) or NO_LETTER in found:
        return found
    return config_txt.for_stack(found, stack, cell.edits, cell.filters)


def is_read(seen: BoardLook, cell: Cell) -> bool:
    """Tell whether the firmware reads the config.txt that was found.

    A system that was upgraded to bookworm, or that is DietPi, has the boot partition at the old place still.
    """
    found = seen.config_txt
    was_kept = (found.path, cell.config_txt) == (OLD_PLACE, NEW_PLACE) and MOVED not in found.text
    return was_kept or found.path == cell.config_txt


def stack_for(settings: Settings, cell: Cell, why_not: str) -> str:
    """Return the stack that a board gets: the legacy one also where it has no other."""
    is_asked_for = settings.camera_stack == "legacy" or "libcamera" not in cell.cameras
    return "legacy" if is_asked_for and not why_not else "libcamera"


def is_waiting(seen: BoardLook) -> bool:
    """Tell whether what we wrote waits for a restart."""
    found = seen.config_txt
    return found.newer_than_boot and found.text != config_txt.without_ours(found.text)


def restore(seen: BoardLook) -> Decided:
    """Return the config.txt that a board gets back."""
    text = config_txt.without_ours(seen.config_txt.text)
    plan = RestorePlan(writes=text != seen.config_txt.text, text=text)
    return Decided(plan, differs=plan.writes, refusals=write_protected(plan, seen))


def refusal(settings: Settings, seen: BoardLook, cell: Cell) -> str:
    """Return why a board cannot have the legacy camera, or nothing."""
    path, place = seen.config_txt.path, cell.config_txt
    reasons = (
        cell.no_legacy,
        "a Camera Module 3 does not work with it" if settings.camera_is_module_3 else "",
        "" if path else "the board has no config.txt",
        "" if not path or is_read(seen, cell) else f"it has {path}, but the system reads {place}: is that mounted?",
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
