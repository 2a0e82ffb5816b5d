"""Reads inventory.ini as Ansible does, and refuses a list in which two lines would quietly become one board."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ansible.plugins.inventory.ini import InventoryModule as IniModule

DOCUMENTATION = """
name: boards
short_description: An inventory in the INI format, in which every board stands once
description:
  - Ansible merges doubled names without a word; in a classroom that is a board that nobody provisions.
options: {}
"""


class Entry(NamedTuple):
    """One board on one line of the inventory."""

    name: str
    group: str
    line: int
    variables: dict[str, Any]

    @property
    def place(self) -> tuple[str, str]:
        """Where ssh would go: address and port."""
        return str(self.variables.get("ansible_host", self.name)), str(self.variables.get("ansible_port", 22))


class InventoryModule(IniModule):
    """The INI plugin of Ansible, which remembers every line with boards."""

    NAME = "boards"

    def verify_file(self, path: str) -> bool:
        """Take only files that end in .ini."""
        return Path(path).suffix == ".ini" and bool(super().verify_file(path))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:  # noqa: FBT001, FBT002 (Ansible's signature)
        """Parse the file, then refuse doubled boards with one sentence: SystemExit."""
        known = set(inventory.hosts)
        self._entries: list[Entry] = []
        super().parse(inventory, loader, path, cache)
        sentence = doubled_name(self._entries) or doubled_address(self._entries) or taken(self._entries, known)
        if sentence:
            # Ansible would print an error of its own family five times over, in five wordings.
            raise SystemExit(f"{Path(path).name}: {sentence}")

    def _populate_host_vars(
        self, hosts: list[str], variables: dict[str, Any], group: str, port: int | None = None
    ) -> None:
        own = {**variables, **({"ansible_port": port} if port else {})}
        self._entries += [Entry(name, group, self._origin.line_num, own) for name in hosts]
        super()._populate_host_vars(hosts, variables, group, port)


def doubled_name(entries: list[Entry]) -> str:
    """Say which name stands twice in one group, or is described in two places; nothing if all is well."""
    seen: dict[tuple[str, str], Entry] = {}
    described: dict[str, Entry] = {}
    for entry in entries:
        earlier = seen.setdefault((entry.name, entry.group), entry)
        if entry.variables:
            earlier = described.setdefault(entry.name, entry) if earlier is entry else earlier
        if earlier is not entry:
            return (
                f"the name {entry.name} stands on line {earlier.line} and again on line {entry.line}: "
                "give one of the two boards another name, or remove a line."
            )
    return ""


def doubled_address(entries: list[Entry]) -> str:
    """Say which two boards would be the same computer; nothing if all is well."""
    by_name: dict[str, Entry] = {}
    for entry in entries:
        if entry.name not in by_name or entry.variables:
            by_name[entry.name] = entry
    seen: dict[tuple[str, str], Entry] = {}
    for entry in by_name.values():
        earlier = seen.setdefault(entry.place, entry)
        if earlier is not entry:
            return (
                f"{earlier.name} on line {earlier.line} and {entry.name} on line {entry.line} have the same address "
                f"{entry.place[0]}: correct ansible_host of one of them."
            )
    return ""


def taken(entries: list[Entry], known: set[str]) -> str:
    """Say which name a virtual Pi has already, for the two would be mixed; nothing if all is well."""
    for entry in entries:
        if entry.name in known:
            return (
                f"the name {entry.name} on line {entry.line} is also that of a virtual Pi which is running: "
                "take it down with `invoke rehearse.down` or `invoke emulate.down`, or give the board another name."
            )
    return ""
