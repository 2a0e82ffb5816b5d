"""The camera: not found, used by another program, or switched on as another release had it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleet.doctor.finding import again, configure, fault, on_board, typed
from fleet.doctor.rules.table import filters, has_legacy_camera
from fleet.i18n import lazy
from fleet.plugins import plugin

if TYPE_CHECKING:
    from fleet.doctor.finding import Finding, Seen

CONFIG: Any = plugin("module_utils", "config_txt")
# Keep nodes of cameras open without taking pictures.
ON_THE_DESKTOP = ("wireplumber", "pipewire")


def wrong_stack(seen: Seen) -> Finding | None:
    """Find the legacy camera switched on where there is none, or beside libcamera: then neither works."""
    config = seen.facts.config_txt
    stack = CONFIG.camera_in(config.text, filters(seen.facts)) if config else ""
    if stack == "both" or (stack == "legacy" and not has_legacy_camera(seen.facts)):
        sentence = lazy("its config.txt switches a camera on that this release does not have (start_x=1)")
        return fault("camera-legacy", sentence, typed(configure(seen.board, "camera_may_reboot=true")))
    return None


def absent(seen: Seen) -> Finding | None:
    """Find a board without any camera, neither at its ribbon cable nor at USB."""
    facts = seen.facts
    if facts.cameras or facts.cameras is None or not facts.can_list_cameras or wrong_stack(seen):
        return None
    fix = lazy(
        "switch it off, push the ribbon cable in at both ends, switch it on, then type: {command}",
        command=again(seen.board),
    )
    return fault("camera-none", lazy("no camera is found"), fix)


def busy(seen: Seen) -> Finding | None:
    """Find a program that is none of ours and has the camera, which one program can use at a time."""
    others = [each for each in seen.facts.camera_users if each.name not in ON_THE_DESKTOP]
    if not others:
        return None
    sentence = lazy("its camera is used by {program} (process {pid})", program=others[0].name, pid=others[0].pid)
    return fault("camera-busy", sentence, typed(on_board(seen.board, f"kill {others[0].pid}")))
