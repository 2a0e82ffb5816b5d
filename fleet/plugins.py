"""What the playbooks know and the teacher's side asks too: the table of packages, the forms of package sources."""

from __future__ import annotations

import importlib.util
from typing import Any

import yaml

from fleet.boards.inventory import ROOT

ANSIBLE = ROOT / "ansible"
TABLE = ANSIBLE / "roles/base/vars/main/table.yml"


def plugin(kind: str, name: str) -> Any:  # noqa: ANN401 (a module known at run time only)
    """Load a file of ansible/plugins that needs nothing of Ansible."""
    spec = importlib.util.spec_from_file_location(f"{kind}_{name}", ANSIBLE / "plugins" / kind / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"ansible/plugins/{kind}/{name}.py cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package_lists(release: str, mode: str) -> list[list[str]]:
    """Return what boards of a release may be given, one list for each library for the pins; none if it is unknown."""
    filters, tables = plugin("filter", "table"), yaml.safe_load(TABLE.read_text(encoding="utf-8"))["__base_table"]
    if release not in tables["releases"]:
        return []
    names = filters.package_names(tables["packages"], release, mode)
    return [[*names, library["package"]] for library in tables["gpio"].values()]
