"""Looks into the bundle on the teacher's computer, which `invoke bundle` gathers (fleet/bundle)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCHEMA = 1


def bundle_of(folder: str, kind: str) -> dict[str, Any]:
    """Return the archive for a kind of board, the packages that it has of the table, and why it is of no use if so."""
    archive = Path(folder, f"{kind}.tar")
    try:
        told = json.loads(archive.with_suffix(".json").read_text(encoding="utf-8"))
        names, is_whole = list(told["names"]), told["schema"] == SCHEMA and archive.stat().st_size == told["bytes"]
    except FileNotFoundError:
        return unusable(f"there is no bundle for {kind}: gather it with `invoke bundle` where there is internet.")
    except (OSError, ValueError, KeyError, TypeError):
        names, is_whole = [], False
    if not is_whole:
        return unusable(f"bundle/{archive.name} is damaged: gather it again with `invoke bundle`.")
    return {"archive": str(archive.resolve()), "names": names, "fault": ""}


def unusable(fault: str) -> dict[str, Any]:
    """Return a bundle that has nothing, and why."""
    return {"archive": "", "names": [], "fault": fault}
