"""The table of releases and models that the playbooks go by (ansible/roles/base/vars/main/table.yml)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleet.harmless import CONTAINERS
from fleet.plugins import plugin, table

if TYPE_CHECKING:
    from fleet.doctor.facts import Facts

LOOKUP: Any = plugin("module_utils", "table")


def model_row(facts: Facts) -> dict[str, Any]:
    """Return what the table says of a model; nothing of one that it does not know."""
    return LOOKUP.model_row(table()["models"], facts.model) or {}


def filters(facts: Facts) -> list[str]:
    """Return the sections of config.txt that a board reads beside [all]."""
    return list(model_row(facts).get("filters", []))


def has_legacy_camera(facts: Facts) -> bool:
    """Tell whether a board can have the camera of the firmware."""
    of_release = table()["releases"].get(facts.release, {})
    cameras = of_release.get("cameras", {}).get(facts.userland, [])
    return not LOOKUP.no_legacy(of_release, model_row(facts), cameras)


def is_real_pi(facts: Facts) -> bool:
    """Tell whether a board is a Pi whose hardware shows: one in a container shows none."""
    return facts.model.startswith("Raspberry Pi") and facts.virtualization not in CONTAINERS
