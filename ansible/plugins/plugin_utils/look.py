"""The look at a board as one program for its own Python, and what its answer is worth."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.pilab.classroom.plugins.plugin_utils import board_gate, roles
from ansible_collections.pilab.classroom.plugins.plugin_utils.decided import ACCOUNT, UNITS

if TYPE_CHECKING:
    from ansible_collections.pilab.classroom.plugins.plugin_utils.described import Description

MODULE_UTILS = Path(__file__).parents[1] / "module_utils"
# In the order in which they need each other.
PARTS = ("board_text", "board_tree", "board_look", "board_packages", "board_write", "board_own", "board_seen")
SHELF = "ansible_collections.pilab.classroom.plugins.module_utils"
# The look as one program for the board's own Python. As a module of Ansible it would first compile Ansible's own code:
# see docs/decisions/0008.
PROGRAM = """
import json, sys, types
if sys.version_info < (3, 8):
    sys.exit("Ansible needs a minimum of Python version 3.8")
shared = sys.modules[{shelf!r}] = types.ModuleType({shelf!r})
for name, source in {parts!r}.items():
    part = types.ModuleType(name)
    exec(source, vars(part))
    setattr(shared, name, part)
print(json.dumps(shared.board_seen.seen(json.loads({wanted!r}))))
"""
MOST_WORDS = 4000  # of a board that fails, in characters; the last ones say why


def wanted(descriptions: dict[str, Description]) -> dict[str, Any]:
    """Return what a look for some roles is to look at: packages only for the role that installs them."""
    return {
        "packages": packages(descriptions["base"].packages) if "base" in descriptions else {},
        "units": list(UNITS),
        "imports": [name for each in descriptions.values() for name in each.imports],
        "user": ACCOUNT,
        "described": {name: each.digested() for name, each in descriptions.items()},
        "now_s": time.time(),
    }


def packages(more: list[str]) -> dict[str, list[str]]:
    """Return the packages to look up on each release: those of the table and more."""
    return {release: sorted({*names, *more}) for release, names in roles.PACKAGES.items()}


def program(wanted: dict[str, Any]) -> str:
    """Return the look as one program."""
    parts = {name: (MODULE_UTILS / f"{name}.py").read_text(encoding="utf-8") for name in PARTS}
    return PROGRAM.format(shelf=SHELF, parts=parts, wanted=json.dumps(wanted))


class LookError(Exception):
    """A board gave no answer, or none that is let in; `stderr` is what its programs said of that."""

    def __init__(self, sentence: str, stderr: str = "") -> None:
        super().__init__(sentence)
        self.stderr = stderr


def seen_in(answer: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return what the program printed last, after whatever a log-in prints; LookError if that is no answer."""
    if answer["rc"] != 0:
        words, errors = (answer[stream].strip()[-MOST_WORDS:] for stream in ("stdout", "stderr"))
        raise LookError(words, errors)
    try:
        return board_gate.let_in(answer["stdout"].rstrip().rpartition("\n")[2], wanted)
    except board_gate.GateError as error:
        said = f"what it says of itself is not what was asked for: {str(error)[:MOST_WORDS]}"
        raise LookError(f"{said}; see who changed its programs, or write its card anew") from None
