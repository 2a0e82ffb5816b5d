"""Reads a list of boards in any format of Ansible's own; refuses one in which two entries would become one board."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from weakref import WeakKeyDictionary

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.loader import inventory_loader
from ansible.template import trust_as_template
from ansible_collections.pilab.classroom.plugins.module_utils.boards import is_hostname
from ansible_collections.pilab.classroom.plugins.plugin_utils import known_keys
from ansible_collections.pilab.classroom.plugins.plugin_utils.ini_reader import BOM, Ini
from ansible_collections.pilab.classroom.plugins.plugin_utils.origins import origin_of, sentence, shown

from ansible.plugins.inventory import BaseInventoryPlugin  # type: ignore[attr-defined]

DOCUMENTATION = """
name: boards
short_description: An inventory in any format of Ansible's own, in which every board stands once
description:
  - Ansible merges doubled names without a word; in a classroom that is a board that nobody provisions.
  - INI, YAML, JSON, TOML, settings of another inventory plugin, a program, or names with commas between.
  - A file is read in the one format that its beginning and its ending tell, so that a mistake has one sentence.
  - A board that a list calls C(pi01.local) is C(pi01), at the address C(pi01.local).
  - Every board gets the variable C(board_known_hosts), the file of host keys beside its list.
options: {}
author: Pilab
"""
# The programs begin with "#!", or are no text: on a Windows disk every file may be executed.
PROGRAM = re.compile(rb"#!|\x7fELF")
# What the first line of content of a YAML or JSON file looks like, and none in INI.
YAML = re.compile(r"""---|%YAML|\{|["']?[^\s=\[\]"']+["']?:(\s|$)""")
SUFFIXES = {".yml": "yaml", ".yaml": "yaml", ".json": "yaml", ".toml": "toml", ".ini": "ini"}
VIRTUAL = "virtual/inventory.py"
# Below it, every computer is found by the name that it has itself (RFC 6762).
LOCAL = re.compile(r"(.+)\.local\.?", re.IGNORECASE)


class Entry(NamedTuple):
    """One board where a list names it."""

    name: str
    group: str
    source: str
    line: int | None
    is_described: bool = False

    @property
    def place(self) -> str:
        """Say where it stands."""
        return shown(self.source, self.line)


class InventoryModule(BaseInventoryPlugin):
    """Is what ansible asks for every source of boards."""

    NAME = "boards"
    # What the sources of one inventory named so far.
    listed: ClassVar[WeakKeyDictionary[Any, list[Entry]]] = WeakKeyDictionary()

    def verify_file(self, path: str) -> bool:
        """Take every source: nothing that is given as a list of boards is left out."""
        return bool(path)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:  # noqa: FBT001, FBT002 (Ansible's signature)
        """Read a source, then refuse doubled boards, and what cannot be read, with one sentence: SystemExit."""
        super().parse(inventory, loader, path, cache)
        # A room knows where Pilab was when it was made; one that is gone has no virtual Pis.
        if path.endswith(VIRTUAL) and not Path(path).exists():
            return
        entries = self.listed.setdefault(getattr(inventory, "__wrapped__", inventory), [])
        try:
            reader = reader_of(format_of(path))
            reader.verify_file(path)
            reader.parse(Recorder(inventory, entries, path, reader), loader, path, cache)
        # Ansible would print an error of its own family five times over, in five wordings.
        except AnsibleError as error:
            raise SystemExit(sentence(error, path)) from error
        except OSError as error:
            raise SystemExit(
                f"The list of boards {shown(path)} cannot be read: {error.strerror}; write your Pis into it, or "
                "correct -i."
            ) from error
        if doubled := doubled_name(entries):
            raise SystemExit(doubled)


class Recorder:
    """Ansible's inventory, which remembers where each board stands."""

    def __init__(self, inventory: Any, entries: list[Entry], source: str, reader: Any) -> None:
        self._inventory, self._entries, self._source, self._reader = inventory, entries, source, reader
        self._short: dict[str, str] = {}

    def __getattr__(self, name: str) -> Any:
        """Be Ansible's inventory in everything else."""
        return getattr(self._inventory, name)

    def add_host(self, host: str, group: str | None = None, port: Any = None) -> Any:
        """Remember a board; AnsibleParserError if it cannot have its name."""
        origin = origin_of(host)
        line = origin.line_num if origin else line_of(self._reader)
        name = self._named(host)
        is_new = name not in self._inventory.hosts
        self._entries.append(Entry(str(name), str(group or ""), self._source, line, bool(port)))
        added = self._inventory.add_host(name, group=group, port=port)
        if is_new:
            self._describe(name, host)
        return added

    def _named(self, host: str) -> str:
        """Return what a board is called: of a name in the local network, the part that the board has itself."""
        local = LOCAL.fullmatch(host)
        if local is None:
            return host
        if not is_hostname(local[1]):
            raise AnsibleParserError(misnamed(host), obj=origin_of(host) or getattr(self._reader, "_origin", None))
        self._short[host] = local[1]
        return local[1]

    def _describe(self, name: str, host: str) -> None:
        """Say of a board where it is, if its list says no more than that, and where its host key is written down."""
        if name != host:
            self._inventory.set_variable(name, "ansible_host", trust_as_template(str(host)))
        if Path(self._source).exists():
            file = Path(self._source).absolute().parent / known_keys.FILE_NAME
            self._inventory.set_variable(name, "board_known_hosts", trust_as_template(str(file)))

    def add_child(self, group: str, child: str) -> Any:
        """Put a board, or a group, into a group."""
        return self._inventory.add_child(group, self._short.get(child, child))

    def set_variable(self, entity: str, varname: str, value: Any) -> None:
        """Remember that a board is described, and the line if only its variables have one."""
        entity = self._short.get(entity, entity)
        origin = origin_of(varname)
        if self._entries and self._entries[-1].name == entity and self._entries[-1].source == self._source:
            last = self._entries[-1]
            line = last.line or (origin.line_num if origin else None)
            self._entries[-1] = last._replace(is_described=True, line=line)
        self._inventory.set_variable(entity, varname, value)


def reader_of(name: str) -> Any:
    """Return Ansible's own plugin for a format."""
    return Ini() if name == "ini" else inventory_loader.get(f"ansible.builtin.{name}")


def line_of(reader: Any) -> int | None:
    """Return the line that a reader of lines is at."""
    origin = getattr(reader, "_origin", None)
    return origin.line_num if origin else None


def format_of(path: str) -> str:
    """Name the format of a source; OSError if it cannot be read."""
    if "," in path and not Path(path).exists():
        return "host_list"
    beginning = Path(path).read_bytes()
    if PROGRAM.match(beginning):
        return "script"
    lines = beginning.decode(errors="replace").removeprefix(BOM).splitlines()
    named = SUFFIXES.get(Path(path).suffix.lower()) or format_by(lines)
    return "auto" if named == "yaml" and any(line.startswith("plugin:") for line in lines) else named


def format_by(lines: list[str]) -> str:
    """Tell YAML from INI by the first line that is no comment."""
    content = (line.strip() for line in lines)
    first = next((line for line in content if line and line[0] not in "#;"), "")
    return "yaml" if YAML.match(first) else "ini"


def doubled_name(entries: list[Entry]) -> str:
    """Say which name stands twice in one group of a list, or is described in two places; nothing if all is well."""
    seen: dict[tuple[str, str, str], Entry] = {}
    described: dict[str, Entry] = {}
    virtual = {entry.name: entry for entry in entries if entry.source.endswith(VIRTUAL)}
    for entry in entries:
        if entry.name in virtual and not entry.source.endswith(VIRTUAL):
            return taken(entry)
        earlier = seen.setdefault((entry.name, entry.group, entry.source), entry)
        if entry.is_described and earlier is entry:
            earlier = described.setdefault(entry.name, entry)
        if earlier is not entry and entry.group:
            return (
                f"the name {entry.name} stands in {earlier.place} and again in {entry.place}: "
                "give one of the two boards another name, or remove a line."
            )
    return ""


def misnamed(host: str) -> str:
    """Say that no board is found by a name."""
    return f"no board can be called '{host}': before .local stand letters, digits and hyphens, at most 63 of them"


def taken(entry: Entry) -> str:
    """Say that a virtual Pi has this name already, for the two would be mixed."""
    return (
        f"the name {entry.name} in {entry.place} is also that of a virtual Pi which is running: "
        "take it down with `invoke rehearse.down` or `invoke emulate.down`, or give the board another name."
    )
