"""Which packages boards may be given, as the playbooks' table has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.plugins import plugin, table

if TYPE_CHECKING:
    from collections.abc import Sequence


def package_lists(release: str, mode: str, more: Sequence[str] = ()) -> list[list[str]]:
    """Return what boards of a release may be given, one list for each library for the pins; none if it is unknown."""
    filters, tables = plugin("module_utils", "table"), table()
    if release not in tables["releases"]:
        return []
    names = filters.package_names(tables["packages"], release, mode)
    return [[*names, *more, library["package"]] for library in tables["gpio"].values()]
