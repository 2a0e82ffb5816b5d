"""Looks at a list of boards as a whole, once all of it was read: two boards at one address, settings of none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleError
from ansible.inventory.group import InventoryObjectType
from ansible.parsing.vault import AnsibleVaultError
from ansible.plugins.loader import vars_loader
from ansible.template import Templar
from ansible.utils.vars import combine_vars
from ansible_collections.pilab.classroom.plugins.plugin_utils.board_places import (
    LEADING,
    Place,
    doubled,
    fault,
    place,
)
from ansible_collections.pilab.classroom.plugins.plugin_utils.origins import causes, place_of, sentence, shown

from ansible.plugins.vars import BaseVarsPlugin  # type: ignore[attr-defined]

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTATION = """
name: boards
short_description: Refuses a list of boards in which two are one computer
description:
  - Adds no variable. It sees what all sources and files of variables say together, which no inventory plugin does.
  - A file of variables that cannot be read is named with its line; one for a board or a group that is not there is
    worth a warning.
options:
  stage:
    description: When it looks, C(all) for the lists of boards and the folder of the playbook.
    type: str
    default: all
    choices: [all]
    ini: [{section: vars_boards, key: stage}]
author: Pilab
"""
FOLDERS = ("group_vars", "host_vars")
SUFFIXES = frozenset({"", ".yml", ".yaml", ".json"})


class VarsModule(BaseVarsPlugin):
    """Is what ansible asks for the variables of each group, and then of each board, in each folder with a list."""

    def __init__(self) -> None:
        super().__init__()
        self._folders: dict[str, None] = {}
        self._whole: Any = None

    def get_vars(self, loader: Any, path: str, entities: Any, cache: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002 (Ansible's signature)
        """Return nothing; SystemExit with a sentence if the list cannot be trusted."""
        if path not in self._folders:
            self._folders[path] = None
            read_all(loader, path)
        for entity in entities if isinstance(entities, list) else [entities]:
            # Ansible asks for all groups first, so that every folder is known by now.
            if entity.base_type is InventoryObjectType.HOST and entity.groups:
                self._look(loader, entity)
        return {}

    def _look(self, loader: Any, host: Any) -> None:
        """Look once at the list that a board is of."""
        whole = next((group for group in host.get_groups() if group.name == "all"), None)
        if whole is None or whole is self._whole:
            return
        self._whole = whole
        known = {each.name: self._known(loader, each) for each in whole.get_hosts()}
        check_ways(known)
        places = {each.name: worked_out(loader, each, known[each.name]) for each in whole.get_hosts()}
        if two := doubled(places):
            raise SystemExit(one_address(known, two, places))
        for folder in self._folders:
            for stray in strays(Path(folder), whole):
                self._display.warning(stray)

    def _known(self, loader: Any, host: Any) -> dict[str, Any]:
        """Return all that is said of a board in lists and files; what is nearer to it counts more."""
        groups = sorted(host.get_groups(), key=lambda group: (group.depth, group.priority, group.name))
        known: dict[str, Any] = {}
        reader = vars_loader.get("ansible.builtin.host_group_vars")
        for entity in [*groups, host]:
            known = combine_vars(known, entity.vars)
            for folder in self._folders:
                known = combine_vars(known, reader.get_vars(loader, folder, [entity]))
        return {name: value for name, value in known.items() if not name.startswith("ansible_") or is_readable(value)}


def is_readable(value: Any) -> bool:
    """Tell whether a value can be read, and is not encrypted with a password that nobody gave (Ansible Vault)."""
    try:
        str(value)
    except AnsibleVaultError:
        return False
    return True


def worked_out(loader: Any, host: Any, known: dict[str, Any]) -> Place | None:
    """Return where a board is, with what only Ansible can work out; None if that takes the board itself.

    Nothing else is worked out: a password may be asked of a program.
    """
    wanted = {key: value for key, value in known.items() if key in LEADING}
    if any("{{" in str(value) for value in wanted.values()):
        templar = Templar(loader, variables={**known, **host.get_magic_vars()})
        try:
            wanted = {key: templar.template(value) for key, value in wanted.items()}
        except AnsibleError:
            return None
    return place(host.name, wanted)


def check_ways(known: dict[str, dict[str, Any]]) -> None:
    """Refuse settings by which no board can be reached: SystemExit with a sentence."""
    for name, variables in known.items():
        if wrong := fault(variables):
            raise SystemExit(leads_nowhere(name, *wrong, variables))


def leads_nowhere(name: str, variable: str, reason: str, known: dict[str, Any]) -> str:
    """Say which setting of a board cannot be one, and where it stands."""
    # What has no mark of its own has one on its name.
    where = place_of(known[variable], *(key for key in known if key == variable)) or shown(str(known["inventory_file"]))
    return f"{where}: {variable}={known[variable]} of {name} {reason}; correct it there."


def one_address(known: dict[str, dict[str, Any]], two: tuple[str, str], places: dict[str, Place | None]) -> str:
    """Say which two boards would be the same computer."""
    where = [place_of(known[name].get("ansible_host")) or shown(str(known[name]["inventory_file"])) for name in two]
    there = places[two[1]]
    return (
        f"{two[0]} in {where[0]} and {two[1]} in {where[1]} have the same address {there.address if there else ''}: "
        "correct ansible_host of one of them."
    )


def files_in(folder: Path) -> Iterator[Path]:
    """Go through the files of variables that Ansible would read for somebody."""
    for kind in FOLDERS:
        for file in sorted((folder / kind).rglob("*")):
            is_hidden = any(part.startswith(".") or part.endswith("~") for part in file.relative_to(folder).parts)
            if file.is_file() and file.suffix in SUFFIXES and not is_hidden:
                yield file


def read_all(loader: Any, path: str) -> None:
    """Read every file of variables, for Ansible's own error names no file: SystemExit with one that cannot be read."""
    for file in files_in(Path(path)):
        try:
            content = loader.load_from_file(str(file), cache="all", unsafe=True, trusted_as_template=True)
        except AnsibleError as error:
            is_locked = any(isinstance(each, AnsibleVaultError) for each in causes(error))
            raise SystemExit(locked(str(file)) if is_locked else sentence(error, str(file))) from error
        if not isinstance(content or {}, dict):
            raise SystemExit(f"{shown(str(file))} holds no settings: write one on each line, as `name: value`.")


def locked(path: str) -> str:
    """Say that a file is encrypted and cannot be read without its password."""
    return (
        f"{shown(path)} is encrypted, and its password was not given or is another one: name a file with it in "
        "ansible.cfg as vault_password_file, or as ANSIBLE_VAULT_PASSWORD_FILE."
    )


def strays(folder: Path, whole: Any) -> list[str]:
    """Say which files of variables belong to nobody."""
    there = {"group_vars": {"all", "ungrouped"}, "host_vars": {"localhost"}}
    for group in [whole, *whole.get_descendants()]:
        there["group_vars"].add(group.name)
    there["host_vars"].update(host.name for host in whole.get_hosts())
    owners = {file: file.relative_to(folder).parts[:2] for file in files_in(folder)}
    return [
        f"{shown(str(file))} is for no {'group' if kind == 'group_vars' else 'board'} of this list; "
        f"nobody has its settings."
        for file, (kind, name) in owners.items()
        if name not in there[kind] and Path(name).stem not in there[kind]
    ]
