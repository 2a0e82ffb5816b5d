"""What is written down of a board before it is changed, for restore.yml; shared by the modules that add to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.pilab.classroom.plugins.module_utils import board_look, board_seen, board_write

PLACE = Path("/", board_look.BEFORE)


def written() -> dict[str, Any]:
    """Return what is written there, or nothing."""
    notes: dict[str, Any] = json.loads(board_seen.notes_of(PLACE) or "{}")
    return notes


def write(notes: dict[str, Any]) -> None:
    """Write it, unless it says so already; OSError if that cannot be."""
    if notes != written():
        board_write.write_notes(PLACE, notes)


def begin(before: dict[str, Any], packages: list[str]) -> dict[str, Any]:
    """Note which packages are there, unless a run that was killed noted it before."""
    return {"installing": packages, **before}


def end(before: dict[str, Any], packages: list[str]) -> dict[str, Any]:
    """Note which packages have come since the beginning."""
    came = set(packages) - set(before.get("installing", packages))
    rest = {key: value for key, value in before.items() if key != "installing"}
    return {**rest, "came_with_ours": sorted({*before.get("came_with_ours", []), *came})}
