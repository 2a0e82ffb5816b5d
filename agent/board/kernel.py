"""The small files in which the kernel says something: one that is not there, or cannot be read, says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(path: Path) -> str:
    """Read one file without the space around it; nothing if it is not there."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def read_number(path: Path) -> int | None:
    """Read a number of the kernel, unless it does not know it."""
    text = read(path)
    return int(text) if text.lstrip("-").isdecimal() else None
