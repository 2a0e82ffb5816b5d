"""What cloud-init is told of a board's name, so that the name outlives every start.

cloud-init names the board anew at every start (its modules set_hostname, update_hostname and update_etc_hosts): by
user-data, else by its settings below /etc/cloud, else by meta-data (cloudinit/util.py: get_hostname_fqdn).
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

# A line of user-data with one plain or quoted word, and perhaps a comment.
LINE = re.compile(
    r"""(?P<begin>[ ]*(["']?)(?P<key>hostname|fqdn|preserve_hostname)\2[ \t]*:[ \t]+)"""
    r"""(?P<quote>["']?)(?P<value>[A-Za-z0-9._-]+)(?P=quote)(?P<end>[ \t]*|[ \t]+\#.*)"""
)


class Told(NamedTuple):
    """What cloud-init is to be told: lines of user-data that change, as (old, new), and our settings file, whole."""

    lines: list[tuple[str, str]]
    settings: str
    differs: bool
    notes: list[str]


def told(seen: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what cloud-init of a board is to be told, for a name that a board can have; `seen` is the gate's.

    user-data that has several parts, leads elsewhere or writes the name in another way is left alone, and that is a
    note.
    """
    if not seen["is_used"]:
        return Told([], "", differs=False, notes=[])._asdict()
    old = seen["user_data"].splitlines()
    lines = [(line, new) for line in old if (new := renamed(line, name)) not in ("", line)]
    settings = f"preserve_hostname: true\nhostname: {word(name)}\n"
    is_clear = seen["is_readable"] and all(renamed(line, name) for line in old)
    note = f"its user-data on the boot partition is left alone: see to it that it names the board {name}, or not at all"
    differs = bool(lines) or seen["ours"] != settings
    return Told(lines, settings, differs, notes=[] if is_clear else [note])._asdict()


def renamed(line: str, name: str) -> str:
    """Return a line of user-data as it keeps the name of a board, domain, quotes and comment as they are.

    Nothing for a line that is written in another way.
    """
    found = LINE.fullmatch(line)
    if not found:
        return ""
    value, quote = found["value"], found["quote"]
    if found["key"] == "preserve_hostname":
        return line if yaml.safe_load(value) is True else f"{found['begin']}true{found['end']}"
    new = name + value[len(value.partition(".")[0]) :]
    return line if new == value else f"{found['begin']}{quote}{new if quote else word(new)}{quote}{found['end']}"


def word(name: str) -> str:
    """Return a name as YAML takes it for text: `no` and `1e3` need quotes."""
    return name if isinstance(yaml.safe_load(name), str) else f'"{name}"'


def told_again(now: str, before: str) -> list[tuple[str, str]]:
    """Return the lines of user-data that change when it is to name the board as before, as (now, before).

    Nothing where somebody has written other lines since.
    """
    pairs = list(zip(now.splitlines(), before.splitlines(), strict=False))
    is_ours = len(now.splitlines()) == len(before.splitlines()) and all(key(new) == key(old) for new, old in pairs)
    return [(new, old) for new, old in pairs if new != old] if is_ours else []


def key(line: str) -> str:
    """Return what a line of user-data sets."""
    return line.partition(":")[0].strip().strip("\"'")


def name_note(name: str, hostname: str) -> list[str]:
    """Return the note about a name that a board cannot have, and so keeps its own.

    None about `localhost`: that is what ansible-pull calls the board that it runs on.
    """
    if name.lower() == "localhost":
        return []
    reason = (
        "every computer is called that" if "local" in name.lower() else "is not made of letters, digits and hyphens"
    )
    return [f"its name stays {hostname}: {name} {reason}"]
