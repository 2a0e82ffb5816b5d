"""What a decision is made of: settings, a look that has passed the gate, a row of the table."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from tests.unit.ansible_parts import plugin
from tests.unit.test_ansible_board_gate import HONEST, UNIT

gate = plugin("plugin_utils", "board_gate")
roles = plugin("plugin_utils", "roles")
settings = plugin("plugin_utils", "settings")
deciding = plugin("plugin_utils", "deciding")
described = plugin("plugin_utils", "described")
UNITS = ("pilab-agent.service", "pilab-bench-restore.service", "pilab-governor.service")
CONFIGURED = {
    **HONEST,
    "units": dict.fromkeys(UNITS, UNIT),
    "groups": ["pilab", "gpio", "video"],
    "stale": {"base": [], "governor": [], "native": [], "agent": []},
    "own": [],
    "packages": {**HONEST["packages"], "unfinished": [], "interrupted": False},
}


def seen(**changes: Any) -> Any:  # noqa: ANN401 (the gate's type)
    """Look at a board that is as described, but for some parts; `wifi={"devices": []}` changes one value of a part."""
    found: dict[str, Any] = copy.deepcopy(CONFIGURED)
    for name, value in changes.items():
        merges = isinstance(value, dict) and name in {"wifi", "config_txt", "cloud_init", "packages", "units", "stale"}
        found[name] = {**found[name], **value} if merges else value
    return msgspec.convert(found, gate.BoardLook)


def wanted(role: str, **others: Any) -> Any:  # noqa: ANN401 (as many types as roles)
    """Return the settings of a role, some of them set."""
    values = {**roles.SETTINGS[role].defaults, **others}
    return settings.checked(roles.DECISIONS[role].Settings, roles.SETTINGS[role].options, values)


def board(**changes: Any) -> Any:  # noqa: ANN401
    look = seen(**changes)
    return deciding.Board(look, look.model, look.userland)


def decide(role: str, look: Any, description: Any = None, **others: Any) -> Any:  # noqa: ANN401
    """Decide for one role."""
    cell = deciding.Board(look, look.model, look.userland).cell()
    given = description or described.Description()
    return roles.DECISIONS[role].decide(wanted(role, **others), look, cell, given)
