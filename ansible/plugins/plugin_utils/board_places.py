"""Where ssh goes for a board, so that two entries of a list that mean one computer are found."""

from __future__ import annotations

import ipaddress
import re
import shlex
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SSH = frozenset({"", "smart", "ssh", "ansible.builtin.ssh", "paramiko", "board_ssh", "pilab.classroom.board_ssh"})
# What tells where a board is.
ADDRESSES, PORTS = ("ansible_host", "ansible_ssh_host"), ("ansible_port", "ansible_ssh_port")
ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")
LEADING = frozenset({"ansible_connection", *ADDRESSES, *PORTS, *ARGUMENTS})
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
    address = options.pop("hostname", "") or _first(variables, *ADDRESSES) or name
    port = _first(variables, *PORTS) or options.pop("port", "") or "22"
    return Place(same_address(address), port, tuple(f"{key}={value}" for key, value in sorted(options.items())))


def fault(variables: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return a variable that leads nowhere, and what is wrong with it; None if all may lead to a board."""
    told = {name: str(value) for name, value in variables.items() if name.startswith("ansible_")}
    found = (
        (name, reason)
        for name, text in told.items()
        if "{{" not in text and (reason := KINDS.get(name, _misspelt)(name, text))
    )
    return next(found, None)


def _bad_address(_name: str, text: str) -> str:
    """Say why a text is no address; nothing if it may be one."""
    if text and re.fullmatch(r"[0-9.]+", text) and not _is_ip(text):
        return "is no address: four numbers from 0 to 255, with dots between"
    if not re.fullmatch(r"[^\s@/,;=\[\]]+|\[[0-9A-Fa-f:.%\w]+\]", text):
        return "is no address: write only the number or name of the board, such as 192.168.1.101 or pi01.local"
    return ""


def _bad_port(_name: str, text: str) -> str:
    is_port = text.isdecimal() and 1 <= int(text) <= 65535  # noqa: PLR2004 (the range of TCP ports)
    return "" if is_port else "is no port: a number from 1 to 65535"


def _bad_account(_name: str, text: str) -> str:
    is_one = re.fullmatch(r"[^\s@/:\x00-\x1f]+", text)
    return "" if is_one else "is no account: write only its name, such as anna"


def _misspelt(name: str, _text: str) -> str:
    """Say which setting is meant by one that does not exist; nothing if it may be somebody's own."""
    if name in WELL_KNOWN:
        return ""
    near = get_close_matches(name, sorted(OFTEN_WRITTEN), n=1, cutoff=0.9)
    return f"is no setting of Ansible's, but {near[0]} is one" if near else ""


def _is_ip(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


KINDS = {
    "ansible_host": _bad_address, "ansible_ssh_host": _bad_address,
    "ansible_port": _bad_port, "ansible_ssh_port": _bad_port,
    "ansible_user": _bad_account, "ansible_ssh_user": _bad_account,
}  # fmt: skip
# What people write into a list of boards; a name that is nearly one of these, and none of Ansible's, is a slip.
OFTEN_WRITTEN = frozenset({
    "ansible_host", "ansible_port", "ansible_user", "ansible_password", "ansible_become_password", "ansible_connection",
    "ansible_python_interpreter", "ansible_ssh_private_key_file", "ansible_ssh_common_args", "ansible_ssh_extra_args",
})  # fmt: skip
WELL_KNOWN = OFTEN_WRITTEN | {"ansible_ssh_host", "ansible_ssh_port", "ansible_ssh_user", "ansible_private_key_file"}


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
