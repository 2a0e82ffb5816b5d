"""The roles as a run needs them again and again: settings with their descriptions, the table, the decisions.

Read when Ansible imports this, in the process that then starts one for each board, so once in a run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ansible.template import trust_as_template
from ansible_collections.pilab.classroom.plugins.module_utils import table
from ansible_collections.pilab.classroom.plugins.plugin_utils import (
    decide_agent,
    decide_base,
    decide_camera,
    decide_governor,
    decide_native,
)
from ansible_collections.pilab.classroom.plugins.plugin_utils.described import ROLES

DECISIONS: dict[str, Any] = {
    "base": decide_base,
    "camera": decide_camera,
    "governor": decide_governor,
    "native": decide_native,
    "agent": decide_agent,
}


class Role(NamedTuple):
    """What meta/argument_specs.yml and defaults/main.yml say of the settings of a role."""

    options: dict[str, Any]
    defaults: dict[str, Any]


def read(path: Path) -> dict[str, Any]:
    """Return what a YAML file holds; nothing where there is none."""
    if not path.exists():
        return {}
    found: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return found


def role(name: str) -> Role:
    """Read what a role says of its settings."""
    defaults = read(ROLES / name / "defaults/main.yml")
    trusted = {key: trust_as_template(value) if isinstance(value, str) else value for key, value in defaults.items()}
    return Role(read(ROLES / name / "meta/argument_specs.yml")["argument_specs"]["main"]["options"], trusted)


SETTINGS = {name: role(name) for name in DECISIONS}
TABLE = read(ROLES / "base/vars/main/table.yml")["__base_table"]
PACKAGES = table.names_by_release(TABLE)
