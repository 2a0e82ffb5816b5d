"""Who the boards are: asked of Ansible, so that every tool sees the same list."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fleet.errors import InventoryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
SSH_PORT = 22
LIMIT_S = 60.0
KNOWN_HOSTS = "~/.ssh/known_hosts"
UNKNOWN = re.compile(r"Could not match supplied host pattern, ignoring: (\S+)")
MEND = "correct it in inventory.ini"


@dataclass(frozen=True)
class Board:
    """One board and the way to it; user and key are empty where ssh's own defaults hold."""

    name: str
    address: str
    port: int = SSH_PORT
    user: str = ""
    key_file: str = ""
    known_hosts: str = KNOWN_HOSTS
    variables: Mapping[str, Any] = field(default_factory=dict, hash=False)


# The computer that a command is typed on stands in no inventory.
THIS_COMPUTER = Board("this-computer", "localhost")


def boards(pattern: str, root: Path = ROOT) -> list[Board]:
    """List the boards that a pattern means to Ansible, in the order of the inventory; InventoryError if it is none."""
    if not pattern.strip():
        raise InventoryError("--hosts is empty; name a board, a group or a pattern, for example: --hosts lab")
    listing, complaints = _ask(pattern, root)
    found = parse_listing(listing)
    unknown = UNKNOWN.findall(complaints)
    if unknown:
        everything, _ = _ask("all", root)
        raise InventoryError(_unknown(unknown[0], everything))
    if not found:
        raise InventoryError(
            f"There is no board in '{pattern}': list your boards under [lab] in inventory.ini, "
            "or boot virtual ones with: invoke rehearse.up --pis 3"
        )
    return found


def _ask(pattern: str, root: Path) -> tuple[dict[str, Any], str]:
    command = [program("ansible-inventory"), "--list", f"--limit={pattern}"]
    # Long lines, so that no warning is broken in the middle of a name.
    environment = {**os.environ, "COLUMNS": "10000", "ANSIBLE_NOCOLOR": "1"}
    try:
        asked = subprocess.run(
            command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
    except FileNotFoundError as error:
        raise InventoryError("ansible-inventory is missing; set Pilab up with: make setup") from error
    except subprocess.TimeoutExpired as error:
        raise InventoryError(f"ansible-inventory said nothing for {LIMIT_S:g} s; try it by hand.") from error
    if asked.returncode != 0:
        raise InventoryError(complaint(asked.stderr))
    return json.loads(asked.stdout), asked.stderr


def program(name: str) -> str:
    """Find a program of the virtual environment that this Python belongs to; any other is left to PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


def complaint(stderr: str) -> str:
    """Find the sentence in what Ansible says about an inventory that it cannot use."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(("[WARNING]", "<<<", "Origin:"))]
    chosen = next((line for line in lines if line.startswith("[ERROR]")), told[-1] if told else "it did not say why")
    sentence = chosen.removeprefix("[ERROR]:").strip()
    return sentence if "inventory.ini" in sentence else f"The inventory cannot be used: {sentence}; {MEND}."


def parse_listing(listing: Mapping[str, Any]) -> list[Board]:
    """Read what `ansible-inventory --list` prints; InventoryError if a value of it cannot be used."""
    variables = listing.get("_meta", {}).get("hostvars", {})
    return [_board(name, variables.get(name, {})) for name in dict.fromkeys(_names("all", listing))]


def _names(group: str, listing: Mapping[str, Any]) -> Iterator[str]:
    """Go through a group and then its children, as the inventory lists them."""
    content = listing.get(group, {})
    yield from content.get("hosts", [])
    for child in content.get("children", []):
        yield from _names(child, listing)


def _board(name: str, variables: Mapping[str, Any]) -> Board:
    settings = {key: value for key, value in variables.items() if key.startswith("ansible_")}
    for key, value in settings.items():
        if "{{" in str(value):
            raise InventoryError(
                f"{key} of {name} is '{value}', which only Ansible can work out; write the value itself."
            )
    return Board(
        name=name,
        address=str(settings.get("ansible_host", name)),
        port=_port(name, settings.get("ansible_port", SSH_PORT)),
        user=str(settings.get("ansible_user", "")),
        key_file=str(settings.get("ansible_ssh_private_key_file", "")),
        known_hosts=_known_hosts(name, str(settings.get("ansible_ssh_common_args", ""))),
        variables=variables,
    )


def _port(name: str, value: object) -> int:
    text = str(value)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:  # noqa: PLR2004 (the range of TCP ports)
        raise InventoryError(f"ansible_port of {name} is '{text}'; {MEND}: a number from 1 to 65535.")
    return int(text)


def _known_hosts(name: str, arguments: str) -> str:
    """Find the file of host keys that Ansible's ssh is told to use."""
    try:
        words = shlex.split(arguments)
    except ValueError as error:
        raise InventoryError(f"ansible_ssh_common_args of {name} is '{arguments}' ({error}); {MEND}.") from error
    options = [word.removeprefix("-o") for word in words if word != "-o"]
    files = [option.partition("=")[2] for option in options if option.startswith("UserKnownHostsFile=")]
    return files[0] if files else KNOWN_HOSTS


def _unknown(name: str, everything: Mapping[str, Any]) -> str:
    groups = [group for group in everything if group not in {"_meta", "all"}]
    names = [board.name for board in parse_listing(everything)]
    return (
        f"'{name}' is neither a board nor a group of the inventory; "
        f"there are the boards {', '.join(names) or '(none)'} and the groups {', '.join(groups) or '(none)'}."
    )
