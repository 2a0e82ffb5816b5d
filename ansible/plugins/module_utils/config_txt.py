"""Edits config.txt in a way that can be undone: lines of ours stand in one block, lines in the way are set aside."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

BEGIN = "# Pilab's own lines begin here; restore.yml takes them out"
END = "# Pilab's own lines end here"
ASIDE = "#pilab# "  # before a line of somebody else that is in the way


def for_stack(text: str, stack: str, edits: dict[str, Any], filters: list[str]) -> str:
    """Return the config.txt with which a board has a camera stack.

    `edits` are the table's by stack, `filters` the sections that the board reads beside [all]. libcamera needs nothing
    of us, unless somebody switched the legacy camera on by hand.
    """
    own = without_ours(text)
    if stack == "legacy" or camera_in(own, filters) in {"legacy", "both"}:
        return with_edit(own, edits[stack], filters) if stack in edits else own
    return own


def with_edit(own: str, edit: dict[str, Any], filters: list[str]) -> str:
    """Return a config.txt without lines of ours with an edit of the table, or as it is where it says the same."""
    if says(own, edit, filters):
        return own
    lines = [ASIDE + line if is_in_the_way(line, edit["drop"]) else line for line in own.splitlines(keepends=True)]
    rest = "".join(lines)
    end = "" if rest.endswith("\n") or not rest else "\n"
    return rest + end + block(active(rest, filters), edit)


def without_ours(text: str) -> str:
    """Return config.txt as it would be without us."""
    return "".join(line.removeprefix(ASIDE) for line in without_block(io.StringIO(text, newline="\n")))


def without_block(lines: Iterable[str]) -> list[str]:
    """Return lines without those from BEGIN to END; a block that does not end is somebody else's."""
    kept: list[str] = []
    block_of_ours: list[str] = []
    for line in lines:
        mark = line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else ""
        if block_of_ours or mark == BEGIN:
            block_of_ours.append(line)
        else:
            kept.append(line)
        if block_of_ours and mark == END:
            block_of_ours = []
    return kept + block_of_ours


def says(text: str, edit: dict[str, Any], filters: list[str]) -> bool:
    """Tell whether a config.txt has all lines of an edit and none that is in its way."""
    found = active(text, filters)
    if any(is_in_the_way(line, edit["drop"]) for line in found):
        return False
    needed = [line for section, lines in edit["lines"].items() if section in {"all", *filters} for line in lines]
    return set(needed) <= set(found) and not too_low(found, edit["at_least"])


def block(found: list[str], edit: dict[str, Any]) -> str:
    """Return the lines of ours; they begin with [all], because nobody knows in which section the file ends."""
    lowest = [f"{key}={value}" for key, value in too_low(found, edit["at_least"]).items()]
    sections = dict(edit["lines"], all=[*edit["lines"]["all"], *lowest])
    lines = [line for section, inside in sections.items() for line in (f"[{section}]", *inside) if line not in found]
    closing = [] if list(sections) == ["all"] else ["[all]"]
    return "".join(f"{line}\n" for line in (BEGIN, *lines, *closing, END))


def active(text: str, filters: list[str]) -> list[str]:
    """Return the settings of a config.txt that count for a board, in order, without blanks and comments.

    A section holds until the next one, and [all] ends them (raspberrypi.com: config.txt, conditional filters). Filters
    that ask for more than the model, as [HDMI-0], are taken for not met.
    """
    counts, found = True, []
    for line in map(bare, text.splitlines()):
        if line.startswith("["):
            counts = line.strip("[]").lower() in {"all", *filters}
        elif line and counts:
            found.append(line)
    return found


def bare(line: str) -> str:
    """Return a line without its comment and blanks."""
    return line.split("#", 1)[0].replace(" ", "").strip()


def is_in_the_way(line: str, drop: list[str]) -> bool:
    """Tell whether a line is one that an edit sets aside, with or without parameters behind a comma."""
    return bare(line).split(",", 1)[0] in drop


def too_low(found: list[str], at_least: dict[str, int]) -> dict[str, int]:
    """Return the settings whose last value is lower than needed, or that are missing."""
    values = dict(line.split("=", 1) for line in found if "=" in line)
    return {key: least for key, least in at_least.items() if number(values.get(key, "")) < least}


def number(text: str) -> int:
    """Return the number that a setting begins with, 0 where there is none."""
    digits = re.match(r"[0-9]{1,9}", text)
    return int(digits[0]) if digits else 0


def camera_in(text: str, filters: list[str]) -> str:
    """Name the camera stack that a config.txt asks for; both at once is what do_legacy followed by do_camera leaves."""
    found = set(active(text, filters))
    asked = ("start_x=1" in found, "camera_auto_detect=1" in found)
    return {(True, True): "both", (True, False): "legacy", (False, True): "libcamera"}.get(asked, "none")
