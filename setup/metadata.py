"""Version, day and address of the project, for whoever else asks for them: they are set in pyproject.toml alone.

The day of a version stands in CHANGELOG.md.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RELEASE = re.compile(r"^## \[(\d[^\]]*)\] - (\d{4}-\d\d-\d\d)$", re.MULTILINE)


def project() -> dict[str, Any]:
    """Return what pyproject.toml says of the project."""
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def released() -> tuple[str, str]:
    """Return the newest version in the changelog and its day; ValueError if there is none."""
    found = RELEASE.search((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    if not found:
        raise ValueError("CHANGELOG.md has no line '## [VERSION] - YYYY-MM-DD'")
    return found[1], found[2]


def citation() -> str:
    """Write what CITATION.cff says of them."""
    told = project()
    return (
        f"version: {told['version']}\ndate-released: {released()[1]}\nrepository-code: {told['urls']['Repository']}\n"
    )


def galaxy() -> str:
    """Write what the collection says of them."""
    told = project()
    return f"version: {told['version']}\nrepository: {told['urls']['Repository']}\n"


BLOCKS = {"CITATION.cff": citation, "ansible/galaxy.yml": galaxy}
