"""Ansible's plugins and roles, as tests want them: loaded from their files, as Ansible does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import ansible.module_utils  # type: ignore[import-untyped]
import yaml

from fleet.plugins import plugin as plugin  # noqa: PLC0414 (handed on to the tests)

ROOT = Path(__file__).parents[2]
ROLES = ROOT / "ansible" / "roles"
# What the modules share is found beside Ansible's own, as ansible.cfg has it.
ansible.module_utils.__path__.append(str(ROOT / "ansible" / "plugins" / "module_utils"))


def role_file(role: str, name: str) -> dict[str, Any]:
    """Return what a YAML file of a role holds; a role without it holds nothing."""
    path = ROLES / role / name
    read: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
    return read
