"""Changes in the file that people write: an address, or a board more; every other word and comment stays."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from fleet import files
from fleet.boards import inventory, inventory_yaml, known_keys
from fleet.errors import InventoryError
from fleet.i18n import lazy
from fleet.places import ROOM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

VIRTUAL = "virtual/inventory.py"
SECTION = re.compile(r"\[([^:\]]+)(:\w+)?\]\s*([#;].*)?\Z")
RANGE = re.compile(r"(?P<before>[^\[\]]*)\[(?P<low>\d+):(?P<high>\d+)\](?P<after>[^\[\]]*)")
INI_ADDRESS = re.compile(r"(?<=\s)ansible_host=(\"[^\"]*\"|'[^']*'|[^\s#]*)")
COMMENT = re.compile(r"(?<=\s)#")
YAML_ADDRESS = re.compile(r"(\bansible_host[\"']?\s*:\s*)([\"']?)[^\s\"'#,}]+\2")
BACKUP = ".bak"  # which Ansible leaves out where a folder is the list


class HostLine(NamedTuple):
    """A line of INI that names boards: its number, the word that names them, and what stands before and after it."""

    number: int
    group: str
    indent: str
    word: str
    rest: str


def sources(root: Path = ROOM) -> list[Path]:
    """List the files in which people write boards down, as Ansible is told of them."""
    found: list[Path] = []
    for each in known_keys.sources(root):
        found += sorted(path for path in each.iterdir() if path.is_file()) if each.is_dir() else [each]
    return [path for path in found if not str(path).endswith((VIRTUAL, BACKUP)) and path.is_file()]


def rewrite(path: Path, changed: str, addresses: Mapping[str, str], added: str = "") -> Path:
    """Write a list anew, once Ansible reads in it what is meant and nothing else; return where the old one is kept.

    `addresses` are those that boards get, `added` is one that was not there. InventoryError if Ansible would read
    anything else, DiskError if it cannot be written; then nothing is changed.
    """
    _check(path, inventory.ask_all(source=path), tried(path, changed), addresses, added)
    kept = path.with_name(f"{path.name}{BACKUP}")
    with files.naming(kept):
        shutil.copy2(path, kept)
    with files.whole(path) as file:
        os.fchmod(file.fileno(), path.stat().st_mode)
        file.write(changed.encode(errors="surrogateescape"))
    return kept


def tried(path: Path, text: str) -> dict[str, Any]:
    """Return what Ansible reads in a list that is not there yet; InventoryError or DiskError if that does not work."""
    trial = path.with_name(f".tried-{path.name}")
    try:
        with files.whole(trial) as file:
            file.write(text.encode(errors="surrogateescape"))
        return inventory.ask_all(source=trial)
    except InventoryError as error:
        raise InventoryError(str(error).replace(trial.name, path.name)) from error
    finally:
        with suppress(OSError):
            trial.unlink()


def text_of(path: Path) -> str:
    """Read a list; DiskError if it cannot be."""
    with files.naming(path):
        return path.read_bytes().decode(errors="surrogateescape")


def _check(path: Path, before: dict[str, Any], after: dict[str, Any], addresses: Mapping[str, str], added: str) -> None:
    wanted = json.loads(json.dumps(before["_meta"]["hostvars"]))
    for name, address in addresses.items():
        wanted.setdefault(name, {})["ansible_host"] = address
    found = after["_meta"]["hostvars"]
    differing = [name for name in {*wanted, *found} - {added} if wanted.get(name) != found.get(name)]
    if differing or (added and found.get(added, {}).get("ansible_host") != addresses[added]):
        names = ", ".join(sorted(differing) or [added])
        raise InventoryError(
            lazy(
                "{path} was left as it is: the address of {names} is said elsewhere too (host_vars, group_vars?), or "
                "in a way that only you can change; write it yourself.",
                path=path,
                names=names,
            )
        )


def readdressed(text: str, name: str, address: str) -> str | None:
    """Return a list in which a board has another address; None if the board does not stand in it."""
    if _is_yaml(text):
        changed = _yaml_readdressed(text, name, address)
        return changed or inventory_yaml.with_address(text, lambda word: _parts(word, name), address)
    lines = text.split("\n")
    found = [line for line in host_lines(lines) if name in _names(line.word)]
    if not found:
        return None
    line = next((each for each in found if INI_ADDRESS.search(each.rest)), found[0])
    lines[line.number : line.number + 1] = _split(line, name, address)
    return "\n".join(lines)


def with_board(text: str, group: str, name: str, settings: Mapping[str, str]) -> str | None:
    """Return a list with a board more at the end of a group, which is made if it is not there; None if it cannot be."""
    if _is_yaml(text):
        return inventory_yaml.with_host(text, group, name, settings)
    line = host_line(name, **settings)
    lines = text.rstrip("\n").split("\n") if text.strip() else []
    last = _end_of(group, lines)
    if last is None:
        return "\n".join([*lines, *([""] if lines else []), f"[{group}]", line, ""])
    ending = "\r" if lines[last].endswith("\r") else ""
    return "\n".join([*lines[: last + 1], f"{line}{ending}", *lines[last + 1 :], ""])


def _end_of(group: str, lines: list[str]) -> int | None:
    """Return the last line of a group that says something, its heading included; None if it is not there."""
    last, current = None, ""
    for number, line in enumerate(lines):
        bare = line.removeprefix("\ufeff").strip()
        if section := SECTION.match(bare):
            current = f"{section[1]}{section[2] or ''}"
        if current == group and bare and bare[0] not in "#;":
            last = number
    return last


def host_lines(lines: list[str]) -> Iterator[HostLine]:
    """Go through the lines of INI that name boards."""
    group, is_hosts = "ungrouped", True
    for number, line in enumerate(lines):
        bare = line.removeprefix("\ufeff").strip()
        if section := SECTION.match(bare):
            group, is_hosts = section[1], not section[2]
        elif is_hosts and bare and bare[0] not in "#;[":
            indent = line[: len(line) - len(line.lstrip())]
            word, _, rest = line.lstrip().partition(bare.split()[0])
            yield HostLine(number, group, indent, bare.split()[0], f"{word}{rest}")


def _split(line: HostLine, name: str, address: str) -> Iterator[str]:
    """Write a line anew: a board of a range gets one of its own, between what is left of the range."""
    ranged = RANGE.fullmatch(line.word)
    if not ranged:
        yield f"{line.indent}{line.word}{_with_address(line.rest, address)}"
        return
    for part in _parts(line.word, name):
        rest = _with_address(line.rest, address) if _names(part) == [name] else line.rest
        yield f"{line.indent}{part}{rest}"


def _parts(word: str, name: str) -> list[str]:
    """List the words that stand for the boards of a word, with one for a board of it; nothing if it is none of them."""
    ranged = RANGE.fullmatch(word)
    if name not in _names(word):
        return []
    if not ranged:
        return [word]
    names = list(_expanded(ranged))
    at = next(place for place, each in enumerate(names) if _bare(each) == name)
    return [_as_range(ranged, part) for part in (names[:at], names[at : at + 1], names[at + 1 :]) if part]


def _as_range(ranged: re.Match[str], names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    low, high = (each[len(ranged["before"]) : len(each) - len(ranged["after"])] for each in (names[0], names[-1]))
    return f"{ranged['before']}[{low}:{high}]{ranged['after']}"


def _with_address(rest: str, address: str) -> str:
    fresh = f"ansible_host={address}"
    settings = COMMENT.split(rest, maxsplit=1)[0]
    if not INI_ADDRESS.search(settings):
        return f" {fresh}{rest}"
    return INI_ADDRESS.sub(lambda _: fresh, settings, count=1) + rest[len(settings) :]


def _names(word: str) -> list[str]:
    """List the boards that a word of INI stands for; of a port behind it nothing is said."""
    ranged = RANGE.fullmatch(word)
    return [_bare(each) for each in _expanded(ranged)] if ranged else [_bare(word)]


def _expanded(ranged: re.Match[str]) -> Iterator[str]:
    """Go through a range as Ansible does: with zeros before the number if its lower end has some."""
    low, high = ranged["low"], ranged["high"]
    for number in range(int(low), int(high) + 1):
        digits = str(number).zfill(len(low)) if low.startswith("0") else str(number)
        yield f"{ranged['before']}{digits}{ranged['after']}"


def _bare(name: str) -> str:
    """Return what a board is called that a list names with its network, or with a port."""
    return re.sub(r"(\.local\.?)?(:\d+)?\Z", "", name, flags=re.IGNORECASE)


def _is_yaml(text: str) -> bool:
    first = next(
        (line for line in text.removeprefix("\ufeff").splitlines() if line.strip() and line.lstrip()[0] not in "#;"), ""
    )
    return bool(re.match(r"""\s*(---|%YAML|\{|["']?[^\s=\[\]"']+["']?:(\s|$))""", first))


def _yaml_readdressed(text: str, name: str, address: str) -> str | None:
    """Change the address that stands on the line of a board, or below it and deeper."""
    lines = text.split("\n")
    named = re.compile(rf"""(\s*)["']?{re.escape(name)}(\.local\.?)?["']?\s*:(\s|$)""")
    for number, line in enumerate(lines):
        if not (start := named.match(line)):
            continue
        for place in _block(lines, number, len(start[1])):
            changed, count = YAML_ADDRESS.subn(
                lambda found: f"{found[1]}{found[2]}{address}{found[2]}", lines[place], count=1
            )
            if count:
                return "\n".join([*lines[:place], changed, *lines[place + 1 :]])
    return None


def _block(lines: list[str], start: int, indent: int) -> Iterator[int]:
    """Go through a line and those below it that are deeper."""
    yield start
    for number in range(start + 1, len(lines)):
        bare = lines[number].lstrip()
        if bare and not bare.startswith("#") and len(lines[number]) - len(bare) <= indent:
            return
        yield number


def board_words(text: str, name: str, settings: Mapping[str, str]) -> str:
    """Write a board as a person adds it to a list: a line of INI, or of YAML below `hosts`."""
    return inventory_yaml.host_words(name, settings) if _is_yaml(text) else host_line(name, **settings)


def host_line(name: str, **settings: str) -> str:
    """Write the line of a board, in INI."""
    words = [f"{key}={shlex.quote(value)}" for key, value in settings.items() if value]
    return " ".join([name, *words])
