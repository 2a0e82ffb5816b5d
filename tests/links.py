"""The links of a page in Markdown to other pages of the project, and whether each leads somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.guide import FENCE

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`\n]*`")
ELSEWHERE = re.compile(r"[a-z]+:")
# What stands above a heading to give it another name (MyST).
LABEL = re.compile(r"^\((\S+)\)=$", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def faults(path: Path) -> list[str]:
    """Say of each link of a page that leads nowhere why."""
    text = CODE.sub("", FENCE.sub("", path.read_text(encoding="utf-8")))
    found = [(link, _fault(path, link)) for link in LINK.findall(text) if not ELSEWHERE.match(link)]
    return [f"{path.name}: ({link}): {fault}" for link, fault in found if fault]


def _fault(path: Path, link: str) -> str:
    name, _, anchor = link.partition("#")
    target = path.parent / name if name else path
    if not target.exists():
        return f"there is no {name}"
    if anchor and anchor not in _anchors(target):
        return f"{target.name} has no heading {anchor}"
    return ""


def _anchors(path: Path) -> set[str]:
    """Return the names under which the headings of a page are reached, as GitHub and MyST make them."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    return {*LABEL.findall(text), *map(_slug, HEADING.findall(text))}


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")
