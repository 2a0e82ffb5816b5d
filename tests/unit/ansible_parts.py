"""Ansible's plugins and roles, as tests want them: imported by their full names, as Ansible does."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
ROLES = ROOT / "ansible" / "roles"


def plugin(kind: str, name: str) -> Any:  # noqa: ANN401 (a module known at run time only)
    """Return a plugin of the collection; ImportError if it is not there."""
    return import_module(f"ansible_collections.pilab.classroom.plugins.{kind}.{name}")


def loaded(path: Path) -> Any:  # noqa: ANN401 (whatever the file holds)
    """Return what a file of YAML holds, read by libyaml as Ansible does: ten times as fast as by Python."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def role_file(role: str, name: str) -> dict[str, Any]:
    """Return what a YAML file of a role holds; a role without it holds nothing."""
    path = ROLES / role / name
    read: dict[str, Any] = loaded(path) if path.exists() else {}
    return read
