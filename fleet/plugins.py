"""What the playbooks know and the teacher's side asks, too: files of ansible/plugins that need nothing of Ansible."""

from __future__ import annotations

import importlib.util
from functools import cache
from typing import Any

import yaml

from fleet.places import COLLECTION


def plugin(kind: str, name: str) -> Any:  # noqa: ANN401 (a module known at run time only)
    """Load such a file; ImportError if it is not there."""
    spec = importlib.util.spec_from_file_location(f"{kind}_{name}", COLLECTION / "plugins" / kind / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"ansible/plugins/{kind}/{name}.py cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def table() -> dict[str, Any]:
    """Read the table of releases and models that the playbooks go by."""
    text = (COLLECTION / "roles/base/vars/main/table.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)["__base_table"]
    return found
