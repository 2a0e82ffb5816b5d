"""Where ssh goes for a board, so that two entries of a list that mean one computer are found."""

from __future__ import annotations

import ipaddress
import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SSH = frozenset({"", "smart", "ssh", "ansible.builtin.ssh", "paramiko", "board_ssh", "pilab.classroom.board_ssh"})
ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
# The options of ssh that take it elsewhere than to address and port, by the name that they have in a file.
LETTERS = {"-J": "proxyjump", "-p": "port", "-F": "configuration"}
WAYS = frozenset({"proxyjump", "proxycommand", "port", "configuration", "hostname"})
OPTION = re.compile(r"\s*(\w+)\s*[\s=]\s*(.*?)\s*\Z", re.DOTALL)


class Place(NamedTuple):
    """One computer, as far as ssh can tell."""

    address: str
    port: str
    way: tuple[str, ...]


def place(name: str, variables: Mapping[str, Any]) -> Place | None:
    """Return where ssh goes for a board; None if it does not go by ssh, or only ssh could tell."""
    if str(variables.get("ansible_connection", "")) not in SSH:
        return None
    options = _options(variables)
    address = options.pop("hostname", "") or _first(variables, "ansible_host", "ansible_ssh_host") or name
    port = _first(variables, "ansible_port", "ansible_ssh_port") or options.pop("port", "") or "22"
    return Place(same_address(address), port, tuple(f"{key}={value}" for key, value in sorted(options.items())))


def doubled(places: Mapping[str, Place | None]) -> tuple[str, str] | None:
    """Return the names of two boards that are the same computer, or None."""
    seen: dict[Place, str] = {}
    for name, there in places.items():
        if there and (earlier := seen.setdefault(there, name)) != name:
            return earlier, name
    return None


def same_address(text: str) -> str:
    """Return an address in the one spelling that all of its spellings share."""
    bare = text.strip().strip("[]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare.lower().rstrip(".")


def _first(variables: Mapping[str, Any], *names: str) -> str:
    return next((str(variables[name]) for name in names if variables.get(name)), "")


def _options(variables: Mapping[str, Any]) -> dict[str, str]:
    """Return the options that lead elsewhere; of each ssh takes the first that it meets."""
    found: dict[str, str] = {}
    for name in ARGUMENTS:
        for key, value in _words(str(variables.get(name) or "")):
            if key in WAYS and value.lower() != "none":
                found.setdefault(key, _hops(value) if key == "proxyjump" else value)
    return found


def _words(arguments: str) -> Iterator[tuple[str, str]]:
    """Go through the options in a line of arguments, each with its value; what cannot be split has none."""
    try:
        words = iter(shlex.split(arguments))
    except ValueError:
        return
    for word in words:
        letter = word[:2]
        if letter in {*LETTERS, "-o"}:
            value = word[2:] or next(words, "")
            option = OPTION.match(value)
            yield (
                (LETTERS[letter], value)
                if letter in LETTERS
                else (option[1].lower(), option[2])
                if option
                else ("", "")
            )


def _hops(jumps: str) -> str:
    """Return the computers of a ProxyJump in one spelling: who logs in there makes no other one of it."""
    bare = [hop.strip().removeprefix("ssh://").rpartition("@")[2].lower() for hop in jumps.split(",")]
    return ",".join(hop.removesuffix(":22") for hop in bare)
