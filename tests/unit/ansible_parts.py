"""Ansible's plugins and roles, as tests want them: loaded from their files, as Ansible does."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import ansible.module_utils  # type: ignore[import-untyped]
import yaml

ROOT = Path(__file__).parents[2]
ROLES = ROOT / "ansible" / "roles"
# What the modules share is found beside Ansible's own, as ansible.cfg has it.
ansible.module_utils.__path__.append(str(ROOT / "ansible" / "plugins" / "module_utils"))


def plugin(kind: str, name: str) -> Any:  # noqa: ANN401 - a module known at run time only
    """Return a plugin of ours as a module."""
    spec = importlib.util.spec_from_file_location(f"{kind}_{name}", ROOT / "ansible" / "plugins" / kind / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def role_file(role: str, name: str) -> dict[str, Any]:
    """Return what a YAML file of a role holds; a role without it holds nothing."""
    path = ROLES / role / name
    read: dict[str, Any] = yaml.safe_load(path.read_text()) if path.exists() else {}
    return read
