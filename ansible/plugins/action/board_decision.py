"""Looks at a board and decides what it needs, in one task: each task costs every board a process of its own."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import Any

from ansible import constants as C  # noqa: N812 (as everywhere in Ansible)
from ansible.plugins.action import ActionBase
from ansible_collections.pilab.classroom.plugins.plugin_utils import deciding, look, roles, settings
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import RoleFiles, digest, tree_digest

DOCUMENTATION = r"""
module: board_decision
short_description: Look at a board, check the settings of roles and decide what there is to do
description:
  - Fails with a sentence if a setting is wrong or the board is to be refused. Register the result as C(board).
  - What the board answers passes the gate (plugin_utils/board_gate.py) and stands under C(seen), where Ansible obeys
    nothing; everything beside it is ours.
  - A board that was looked at in the same play for the same settings is not looked at again.
options:
  roles:
    description: The roles to decide for. Their settings are the variables that meta/argument_specs.yml describes.
    type: list
    elements: str
    required: true
    choices: [base, camera, governor, native, agent]
  restore:
    description: Whether to decide how the board is given back.
    type: bool
    default: false
  look_again:
    description: Whether to look also where it was done before, because something has changed since.
    type: bool
    default: false
author: Pilab
"""
EXAMPLES = r"""
- name: Look at the board and decide what the governor needs
  pilab.classroom.board_decision:
    roles: [governor]
  register: board
"""
RETURN = r"""
seen:
  description: What was found of the board.
  returned: when the look has passed the gate
  type: dict
plans:
  description: What each role is to do, with C(differs) and, if so, the C(files), C(folders) and C(trees) for board_files.
  returned: success
  type: dict
differs:
  description: The roles that have anything to do.
  returned: success
  type: list
is_configured:
  description: Whether there is nothing to do.
  returned: success
  type: bool
is_noted:
  description: Whether the board has a note of how it was found.
  returned: success
  type: bool
notes:
  description: What there is to know now; the row of the board shows it. A role that changes something says its own.
  returned: success
  type: list
asked:
  description: The settings that were decided for, by role, by which a second task knows that it need not look.
  returned: success
  type: dict
play:
  description: The play that it was decided in, and whether to restore.
  returned: success
  type: str
"""

OPTIONS = {
    "roles": {"type": "list", "elements": "str", "required": True, "choices": list(roles.DECISIONS)},
    "restore": {"type": "bool", "default": False},
    "look_again": {"type": "bool", "default": False},
}
# Read here, in the process that starts one for each board.
for role, folder in (("agent", "/opt/pilab/agent"), ("native", "/opt/pilab/native")):
    tree_digest(RoleFiles(role, {}, None).tree(folder)["source"])


class ActionModule(ActionBase):
    """Is what ansible runs for the task board_decision, on the teacher's computer."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what was seen of the board, and what was decided on it."""
        found: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        _, asked = self.validate_argument_spec(argument_spec=OPTIONS)
        names, is_restore = asked["roles"], asked["restore"]
        values = {name: {} if is_restore else self._values(name, variables) for name in names}
        play = f"{self._task.get_play()._uuid} {is_restore}"  # noqa: SLF001 (Ansible has no public way)
        earlier = decided_in(play, variables.get("board"))
        marks = {name: digest(each) for name, each in values.items()}
        if not asked["look_again"] and marks.items() <= earlier.get("asked", {}).items():
            return {**found, **earlier, "notes": []}
        try:
            wanted = {} if is_restore else {name: self._wanted(name, values[name]) for name in names}
            found["seen"] = self._seen(look.wanted({name: each.description for name, each in wanted.items()}), variables)
            board = deciding.Board.of(found["seen"], *self._overruled(variables))
            decisions = deciding.restore(board, names) if is_restore else deciding.decide(board, wanted)
        except (settings.SettingsError, look.LookError) as error:
            return {**found, "failed": True, "msg": str(error), "module_stderr": getattr(error, "stderr", "")}
        if trouble := deciding.refusal(decisions):
            return {**found, "failed": True, "msg": trouble}
        return found | deciding.told(decisions, wanted, marks, earlier) | {"play": play, "is_noted": bool(found["seen"]["before"])}

    def _values(self, name: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the values of a role's settings, where nobody set one its default."""
        role = roles.SETTINGS[name]
        return {key: self._templar.template(variables.get(key, role.defaults.get(key))) for key in role.options}

    def _wanted(self, name: str, values: dict[str, Any]) -> deciding.Wanted:
        """Check the settings of a role and describe its files; SettingsError for what is wrong."""
        checked = settings.checked(roles.DECISIONS[name].Settings, roles.SETTINGS[name].options, values)
        files = RoleFiles(name, asdict(checked), self._templar)
        return deciding.Wanted(checked, roles.DECISIONS[name].describe(files))

    def _overruled(self, variables: dict[str, Any]) -> tuple[str, str]:
        """Return the model and the userland that the inventory has for the board, or nothing."""
        model, userland = (self._templar.template(variables.get(name, "")) for name in ("board_model", "board_userland"))
        return model, userland

    def _seen(self, wanted: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Run the look as root, isolated: with no module of whoever owns the folder that we come in at."""
        python = shlex.quote(C.config.get_config_value("INTERPRETER_PYTHON", variables=variables))
        source = look.program(wanted).encode()
        return look.seen_in(self._low_level_execute_command(f"{python} -I -", in_data=source, chdir="/"), wanted)


def decided_in(play: str, board: Any) -> dict[str, Any]:
    """Return what was decided earlier in a play, or nothing: what another play decided may be carried out by now."""
    return board if isinstance(board, dict) and board.get("play") == play else {}
