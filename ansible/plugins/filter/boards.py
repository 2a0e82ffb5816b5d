"""Filters that turn the project's tables and folders into what the roles put on a board."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

BUILT = frozenset({"__pycache__", "bin", "bin-san"})


class FilterModule:
    """Offers the filters to ansible."""

    def filters(self) -> dict[str, Any]:
        """Name the filters."""
        return {
            "read_tree": read_tree,
            "digest": digest,
            "every_name": every_name,
            "package_names": package_names,
            "left_out": left_out,
            "out_of_range": out_of_range,
        }


def read_tree(folder: str) -> list[dict[str, str]]:
    """Read the files of a folder as the module board_files takes them; what was built in it stays behind."""
    root = Path(folder)
    paths = sorted(path for path in root.rglob("*") if path.is_file() and not BUILT & set(path.relative_to(root).parts))
    return [describe(path, root) for path in paths if not path.name.startswith(".")]


def describe(path: Path, root: Path) -> dict[str, str]:
    """Describe one file: where it goes, what it holds, whether it may be run."""
    mode = "0755" if path.stat().st_mode & 0o100 else "0644"
    return {"path": str(path.relative_to(root)), "content": path.read_text(encoding="utf-8"), "mode": mode}


def digest(described: Any) -> str:
    """Return a short name for exactly this content."""
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:16]


def every_name(table: list[dict[str, Any]]) -> list[str]:
    """Return every name that a package of the table has on some release."""
    return sorted({name for row in table for name in (row["name"], *row.get("on", {}).values())})


def package_names(table: list[dict[str, Any]], release: str, mode: str, *, needed: bool = False) -> list[str]:
    """Return the packages that a release should have; with needed, only those without which a lesson fails."""
    wanted = [row for row in table if is_wanted(row, mode) and not (needed and row.get("optional"))]
    return sorted({name for row in wanted if (name := name_on(row, release))})


def left_out(table: list[dict[str, Any]], release: str, mode: str, absent: list[str]) -> list[str]:
    """Return a sentence per reason for what a board does not get, and for what it gets under another name."""
    names: dict[str, list[str]] = {}
    for row in table:
        names.setdefault(why_not(row, release, mode, absent), []).append(row["name"])
    left = [f"left out {', '.join(names[reason])}: {reason}" for reason in names if reason]
    return left + [f"{row['name']} comes as {name_on(row, release)}" for row in table if is_renamed(row, release, mode)]


def is_wanted(row: dict[str, Any], mode: str) -> bool:
    """Tell whether a row of the table counts: the whole course's list, or what is of use today."""
    return mode == "course" or "unneeded" not in row


def name_on(row: dict[str, Any], release: str) -> str:
    """Return what a package is called on a release, or nothing where it is gone."""
    name: str = row.get("on", {}).get(release, "" if "gone" in row else row["name"])
    return name


def why_not(row: dict[str, Any], release: str, mode: str, absent: list[str]) -> str:
    """Return why a board does not get a package, or nothing if it does."""
    name = name_on(row, release)
    if not name:
        return str(row["gone"])
    if not is_wanted(row, mode):
        return str(row["unneeded"])
    return "not in this board's package sources" if name in absent else ""


def is_renamed(row: dict[str, Any], release: str, mode: str) -> bool:
    """Tell whether a board gets a package under another name."""
    return is_wanted(row, mode) and name_on(row, release) not in {"", row["name"]}


def out_of_range(ranges: dict[str, list[float]], values: list[Any]) -> list[str]:
    """Return a sentence for every setting that lies outside its range."""
    return [
        f"{name} is {value}, which is not between {low} and {high}: correct it in group_vars or host_vars."
        for (name, (low, high)), value in zip(ranges.items(), values, strict=True)
        if not low <= float(value) <= high
    ]
