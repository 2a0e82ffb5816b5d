"""Looks at a board and decides what it needs, in one task: each task costs every board a process of its own."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleError

try:
    import msgspec  # noqa: F401 (the gate checks answers with it)
except ImportError:
    raise AnsibleError(
        "pilab.classroom needs the Python package msgspec: put it where Ansible is, with pip or as python3-msgspec."
    ) from None

from ansible_collections.pilab.classroom.plugins.plugin_utils import (
    deciding,
    given_settings,
    interpreter,
    look,
    roles,
    setting_names,
    settings,
)
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import RoleFiles, digest, tree_digest

from ansible.plugins.action import ActionBase  # type: ignore[attr-defined]

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
        values = {name: {} if asked["restore"] else self._values(name, variables) for name in asked["roles"]}
        marks = {name: digest(each) for name, each in values.items()}
        play = f"{self._task.get_play()._uuid} {asked['restore']}"  # noqa: SLF001 (Ansible has no public way)
        earlier = decided_in(play, variables.get("board"))
        if not asked["look_again"] and marks.items() <= earlier.get("asked", {}).items():
            return {**found, **earlier, "notes": []}
        try:
            self._refuse_unknown(variables)
            decided = self._decided(values, earlier, variables, is_restore=asked["restore"])
        except look.LookError as error:
            return {**found, "failed": True, "msg": str(error), "module_stderr": error.stderr}
        except (settings.SettingsError, deciding.RefusedError) as error:
            return {**found, "failed": True, "msg": str(error)}
        marks = {**earlier.get("asked", {}), **marks}
        return {**found, **decided, "asked": marks, "play": play, **interpreter.found_out(variables)}

    def _refuse_unknown(self, variables: dict[str, Any]) -> None:
        """Raise SettingsError for the first setting that somebody gave the board and that cannot be one."""
        settings.check_limit(self._templar.template(variables.get("task_limit_s", 1)))
        given = given_settings.given(variables, self._loader)
        known = {name: role.names for name, role in roles.SETTINGS.items()}
        if setting_names.unknown(given, known):  # the names of roles take a while to find
            for sentence in setting_names.unknown(given, known, given_settings.other_roles(variables)):
                raise settings.SettingsError(sentence)

    def _decided(
        self, values: dict[str, Any], earlier: dict[str, Any], variables: dict[str, Any], *, is_restore: bool
    ) -> dict[str, Any]:
        """Look at the board and decide; SettingsError, LookError or RefusedError where that ends it."""
        wanted = {} if is_restore else {name: self._wanted(name, each) for name, each in values.items()}
        seen = self._seen(look.wanted({name: each.description for name, each in wanted.items()}), variables)
        board = deciding.Board.of(seen, *self._overruled(variables))
        decisions = deciding.restore(board, list(values)) if is_restore else deciding.decide(board, wanted)
        return {"seen": seen, "is_noted": bool(seen["before"]), **deciding.told(decisions, wanted, earlier)}

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
        model, userland = (
            self._templar.template(variables.get(name, "")) for name in ("board_model", "board_userland")
        )
        return model, userland

    def _seen(self, wanted: dict[str, Any], variables: dict[str, Any]) -> dict[str, Any]:
        """Run the look as root, isolated: with no module of whoever owns the folder that we come in at."""
        python = interpreter.python_of(self, variables)
        source = look.program(wanted).encode()
        return look.seen_in(self._low_level_execute_command(f"{python} -I -", in_data=source, chdir="/"), wanted)


def decided_in(play: str, board: Any) -> dict[str, Any]:
    """Return what was decided earlier in a play, or nothing: what another play decided may be carried out by now."""
    return board if isinstance(board, dict) and board.get("play") == play else {}
