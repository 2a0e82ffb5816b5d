"""What a person set for a board, and where: in a list of boards, in a file of variables, or with -e."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.utils.vars import load_extra_vars
from ansible_collections.pilab.classroom.plugins.plugin_utils.origins import origin_of, place_of

from ansible import constants  # type: ignore[attr-defined]

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROLES = "roles"  # beside a playbook
FOLDERS = frozenset({"group_vars", "host_vars"})
COMMAND_LINE = "-e"


def given(variables: Mapping[str, Any], loader: Any) -> dict[str, str]:
    """Return the place of each variable that a person set; what plays, roles and boards set is left out.

    `variables` are those of a task, `loader` is Ansible's reader of files.
    """
    extra = load_extra_vars(loader)
    sources = [str(source) for source in variables.get("ansible_inventory_sources") or []]
    listed = {str(name): place_of(name, value) for name, value in variables.items() if is_listed(name, value, sources)}
    return listed | {str(name): place_of(name, value) or COMMAND_LINE for name, value in extra.items()}


def is_listed(name: str, value: Any, sources: Sequence[str]) -> bool:
    """Tell whether a variable comes from a list of boards, or from a file of variables."""
    origin = origin_of(name, value)
    if origin is None:
        return False
    path = Path(origin.path or "")
    is_in_source = any(path.is_relative_to(source) for source in sources) if origin.path else False
    return is_in_source or bool(FOLDERS.intersection(path.parts)) or "inventory" in (origin.description or "")


def other_roles(variables: Mapping[str, Any]) -> set[str]:
    """Return the names of the roles that a classroom may have: those of a play, and those beside what it reads.

    One whose playbook is of the collection has its own beside its settings of Ansible, or its list of boards.
    """
    named = {str(name).rpartition(".")[2] for name in variables.get("ansible_play_role_names") or []}
    places = [variables.get(name) for name in ("playbook_dir", "inventory_dir")]
    settings_of_ansible = variables.get("ansible_config_file")
    places.append(Path(settings_of_ansible).parent if settings_of_ansible else None)
    folders = [Path(place, ROLES) for place in places if place]
    folders += map(Path, constants.config.get_config_value("DEFAULT_ROLES_PATH"))
    return named.union(each.name for folder in folders if folder.is_dir() for each in folder.iterdir())
