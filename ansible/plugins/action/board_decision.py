"""Looks at a board and decides what it needs, in one task: each task costs every board a process of its own."""

from __future__ import annotations

import json
import shlex
from collections import ChainMap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.pilab.classroom.plugins.plugin_utils import board_gate

from ansible import constants as C  # noqa: N812 (as everywhere in Ansible)
from ansible.plugins.action import ActionBase

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[[str], Any]

DOCUMENTATION = r"""
module: board_decision
short_description: Look at a board, check its settings and decide whether it is configured
description:
  - Fails with a sentence if a setting is wrong or the board is to be refused. Register the result as C(board).
  - What the board answers passes the gate (plugin_utils/board_gate.py) and stands under C(seen), where Ansible obeys
    nothing; everything beside it is ours.
  - Variables are given by their names, because they ask for C(board), which is known only after the look.
options:
  look:
    description: >-
      What to look at. C(packages) are names by release, to look up among the installed packages, and those missing in
      the package sources. C(units) are those of systemd. C(user) is the account whose groups are looked at.
      C(described) are descriptions of files by name, each as the filter digested makes it. C(now_s) is what the clock
      of this computer says, in seconds since 1970.
    type: dict
    required: true
  settings:
    description: The settings to check, as meta/argument_specs.yml describes them.
    type: dict
    default: {}
  settled:
    description: Variables that others ask for again and again; each is worked out once, in this order.
    type: list
    elements: str
    default: []
  refusals:
    description: Variables with sentences why the board is left as it is; the first that is not empty counts.
    type: list
    elements: str
    default: []
  differs:
    description: Variables that tell whether there is anything to do.
    type: list
    elements: str
    default: []
  notes:
    description: Variables with sentences about a board that is configured.
    type: list
    elements: str
    default: []
author: Pilab
"""
RETURN = r"""
seen:
  description: What was found of the board.
  returned: when the look has passed the gate
  type: dict
is_configured:
  description: Whether there is nothing to do.
  returned: success
  type: bool
notes:
  description: What there is to know of a board that is configured; the row of the board shows it.
  returned: success
  type: list
"""


PLUGINS = Path(__file__).parents[1]
MODULE_UTILS = PLUGINS / "module_utils"
# In the order in which they need each other.
PARTS = ("board_text", "board_tree", "board_look", "board_packages", "board_seen")
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
NOTHING: dict[str, Any] = {"packages": {}, "units": [], "user": "", "described": {}, "now_s": None}
MOST_WORDS = 4000  # of a board that fails, in characters; the last ones say why


class ActionModule(ActionBase):
    """Is what ansible runs for the task board_decision, on the teacher's computer."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what was seen of the board, and what was decided on it."""
        found: dict[str, Any] = super().run(tmp, task_vars)
        wanted = {"settings": {}, "settled": [], "refusals": [], "differs": [], "notes": [], **self._task.args}
        found |= self._looked(NOTHING | wanted["look"], task_vars)
        if found.get("failed"):
            return found
        ask = self._asking(found, task_vars or {})
        if trouble := wrong_settings(wanted["settings"], ask):
            return {**found, "failed": True, "msg": trouble}
        for name in wanted["settled"]:
            ask(name)
        if trouble := refusal(wanted["refusals"], ask):
            return {**found, "failed": True, "msg": trouble}
        return found | decision(wanted["differs"], wanted["notes"], ask, is_new=not found["seen"]["before"])

    def _looked(self, look: dict[str, Any], task_vars: dict[str, Any] | None) -> dict[str, Any]:
        """Run the look as root, isolated: with no module of whoever owns the folder that we come in at."""
        python = shlex.quote(C.config.get_config_value("INTERPRETER_PYTHON", variables=task_vars))
        source = program(look).encode()
        return seen_in(self._low_level_execute_command(f"{python} -I -", in_data=source, chdir="/"), look)

    def _asking(self, found: dict[str, Any], task_vars: dict[str, Any]) -> Ask:
        """Return a function that works a variable out and knows it from then on."""
        variables = ChainMap({"board": found}, task_vars)
        templar = self._templar.copy_with_new_env(available_variables=variables)

        def ask(name: str) -> Any:
            variables[name] = templar.template(variables[name])
            return variables[name]

        return ask


def program(wanted: dict[str, Any]) -> str:
    """Return the look as one program."""
    parts = {name: (MODULE_UTILS / f"{name}.py").read_text(encoding="utf-8") for name in PARTS}
    return PROGRAM.format(shelf=SHELF, parts=parts, wanted=json.dumps(wanted))


def seen_in(answer: dict[str, Any], look: dict[str, Any] = NOTHING) -> dict[str, Any]:
    """Return what the program printed last, after whatever a log-in prints, under one key; else why it is no answer."""
    if answer["rc"] != 0:
        words, errors = (answer[stream].strip()[-MOST_WORDS:] for stream in ("stdout", "stderr"))
        return {"failed": True, "msg": words, "module_stderr": errors}
    try:
        return {"seen": board_gate.let_in(answer["stdout"].rstrip().rpartition("\n")[2], look)}
    except board_gate.GateError as error:
        said = f"what it says of itself is not what was asked for: {str(error)[:MOST_WORDS]}"
        return {"failed": True, "msg": f"{said}; see who changed its programs, or write its card anew"}


def wrong_settings(options: dict[str, Any], ask: Ask) -> str:
    """Return what is wrong with the settings, or nothing."""
    values = {name: ask(name) for name in options}
    checked = ArgumentSpecValidator(options).validate(values, validate_role_argument_spec=True)
    return "Validation of arguments failed:\n" + "\n".join(checked.error_messages) if checked.error_messages else ""


def refusal(names: list[str], ask: Ask) -> str:
    """Return the first sentence why the board is left as it is, or nothing."""
    return next((sentence for name in names for sentence in ask(name) if sentence), "")


def decision(differs: list[str], notes: list[str], ask: Ask, *, is_new: bool) -> dict[str, Any]:
    """Tell whether there is nothing to do, and then what there is to know; a board without notes was never seen to."""
    if is_new or any(ask(name) for name in differs):
        return {"is_configured": False, "notes": []}
    return {"is_configured": True, "notes": [note for name in notes for note in ask(name)]}
