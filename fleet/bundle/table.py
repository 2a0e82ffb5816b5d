"""Which packages boards may be given, as the playbooks' table has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from fleet.places import COLLECTION
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLE = COLLECTION / "roles/base/vars/main/table.yml"


def package_lists(release: str, mode: str, more: Sequence[str] = ()) -> list[list[str]]:
    """Return what boards of a release may be given, one list for each library for the pins; none if it is unknown."""
    filters, tables = plugin("module_utils", "table"), yaml.safe_load(TABLE.read_text(encoding="utf-8"))["__base_table"]
    if release not in tables["releases"]:
        return []
    names = filters.package_names(tables["packages"], release, mode)
    return [[*names, *more, library["package"]] for library in tables["gpio"].values()]
