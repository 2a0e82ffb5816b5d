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

from fleet.boards.known_keys import KnownKeys
from fleet.errors import InventoryError
from fleet.i18n import lazy
from fleet.places import ROOM, SETTINGS, is_room

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SSH_PORT = 22
# A second of a processor for 30 boards; a computer that is busy with thirty virtual Pis has been seen to take minutes.
LIMIT_S = 300.0
KNOWN_HOSTS = "~/.ssh/known_hosts"
UNKNOWN = re.compile(r"Could not match supplied host pattern, ignoring: (\S+)")
MEND = lazy("correct it in the inventory")
NONE = lazy("(none)")
# In the order in which Ansible hands them to ssh, which takes the first that it meets of each option.
ARGUMENTS = ("ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args")


@dataclass(frozen=True)
class Board:
    """One board and the way to it; user and key are empty where ssh's own defaults hold."""

    name: str
    address: str
    port: int = SSH_PORT
    user: str = ""
    key_file: str = ""
    known_hosts: str = KNOWN_HOSTS
    # The command that ssh's own ProxyJump or ProxyCommand stands for; empty where nothing stands between.
    gateway: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict, hash=False)
    # What the board is called in `known_hosts`; empty where it is known by address and port there.
    key_alias: str = ""
    # The file of known keys beside its list; empty where the list says itself how the board is known.
    known_keys: str = ""


# The computer that a command is typed on stands in no inventory.
THIS_COMPUTER = Board("this-computer", "localhost")


def boards(pattern: str, root: Path = ROOM) -> list[Board]:
    """List the boards that a pattern means to Ansible, in the order of the inventory; InventoryError if it is none."""
    if not pattern.strip():
        raise InventoryError(lazy("--hosts is empty; name a board, a group or a pattern, for example: --hosts lab"))
    listing, complaints = _ask(pattern, root)
    found = parse_listing(listing)
    unknown = UNKNOWN.findall(complaints)
    if unknown:
        everything, _ = _ask("all", root)
        if any(parse_listing(everything)):
            raise InventoryError(_unknown(unknown[0], everything))
    if not found:
        raise InventoryError(
            lazy(
                "There is no board in '{pattern}': list your boards under [lab] in inventory.ini, or boot virtual ones "
                "with: invoke rehearse.up --pis 3",
                pattern=pattern,
            )
        )
    return found


def everybody(root: Path = ROOM) -> list[Board]:
    """List all boards; none if the list is empty. InventoryError if it cannot be used."""
    return parse_listing(ask_all(root))


def ask_all(root: Path = ROOM, source: Path | None = None) -> dict[str, Any]:
    """Return all that Ansible reads in its lists, or in one file; InventoryError if it cannot be used."""
    listing, _ = _ask("all", root, *([f"--inventory={source}"] if source else []))
    return listing


def _ask(pattern: str, root: Path, *words: str) -> tuple[dict[str, Any], str]:
    command = [program("ansible-inventory"), "--list", f"--limit={pattern}", *words]
    # Long lines, so that no warning is broken in the middle of a name; a locale that is on every computer, for Ansible
    # refuses one that is set and not installed, as ssh and WSL bring it.
    environment = {**os.environ, "COLUMNS": "10000", "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8"}
    # In a folder that everybody may write, as all are below /mnt/c of WSL, Ansible reads only one that it is told.
    if not (is_room(root) or root != ROOM or environment.keys() & {"ANSIBLE_CONFIG", "ANSIBLE_INVENTORY"}):
        raise InventoryError(
            lazy("{folder} is no room of Pilab: go to yours, or make one with: pilab new-room room", folder=root)
        )
    environment.setdefault("ANSIBLE_CONFIG", str(root / SETTINGS))
    try:
        # Ansible refuses a standard input that another program, an ssh that was killed, has left non-blocking.
        asked = subprocess.run(
            command, cwd=root, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=LIMIT_S,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise InventoryError(lazy("ansible-inventory is missing; set Pilab up with: make setup")) from error
    except subprocess.TimeoutExpired as error:
        raise InventoryError(
            lazy("ansible-inventory said nothing for {limit_s:g} s; try it by hand.", limit_s=LIMIT_S)
        ) from error
    if asked.returncode != 0:
        raise InventoryError(complaint(asked.stderr))
    return json.loads(asked.stdout), asked.stderr


def program(name: str) -> str:
    """Find a program of the virtual environment that this Python belongs to; any other is left to PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else name


def complaint(stderr: str) -> str:
    """Find the sentence in what Ansible says about an inventory that it cannot use; our own plugins say one."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    error = next((line for line in lines if line.startswith("[ERROR]")), "")
    told = [line for line in lines if not line.startswith(("[WARNING]", "[DEPRECATION WARNING]", "<<<", "Origin:"))]
    if told and not error:
        return told[-1]
    sentence = error.removeprefix("[ERROR]:").strip() or "it did not say why"
    return lazy("The inventory cannot be used: {sentence}; {mend}.", sentence=sentence, mend=MEND)


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
    arguments = {key: _setting(name, variables, key) for key in ARGUMENTS}
    address = _setting(name, variables, "ansible_host", "ansible_ssh_host") or name
    port = _port(name, _setting(name, variables, "ansible_port", "ansible_ssh_port") or str(SSH_PORT))
    known_hosts, key_alias, known_keys = _known(name, variables, arguments)
    return Board(
        name=name,
        address=address,
        port=port,
        user=_setting(name, variables, "ansible_user", "ansible_ssh_user"),
        key_file=_setting(name, variables, "ansible_ssh_private_key_file", "ansible_private_key_file"),
        known_hosts=known_hosts,
        gateway=_gateway(name, arguments).replace("%h", address).replace("%p", str(port)),
        variables=variables,
        key_alias=key_alias,
        known_keys=known_keys,
    )


def _known(name: str, variables: Mapping[str, Any], arguments: Mapping[str, str]) -> tuple[str, str, str]:
    """Return where the host key of a board is written down, under which name, and the file beside its list.

    What the list itself tells ssh counts first; then that file, if it has the board; then that of the account.
    """
    file = next(_options(name, arguments, "userknownhostsfile"), "")
    alias = next(_options(name, arguments, "hostkeyalias"), "")
    if file or alias:
        return file or KNOWN_HOSTS, alias, ""
    beside = str(variables.get("board_known_hosts") or "")
    if beside and KnownKeys(Path(beside)).key_of(name):
        return beside, name, beside
    return KNOWN_HOSTS, "", beside


def _setting(board: str, variables: Mapping[str, Any], *names: str) -> str:
    """Return what is set under the first of some names; InventoryError if only Ansible can work it out."""
    found = next(((name, str(variables[name])) for name in names if name in variables), ("", ""))
    if "{{" in found[1]:
        raise InventoryError(
            lazy(
                "{setting} of {board} is '{value}', which only Ansible can work out; write the value itself.",
                setting=found[0],
                board=board,
                value=found[1],
            )
        )
    return found[1]


def _port(name: str, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:  # noqa: PLR2004 (the range of TCP ports)
        raise InventoryError(
            lazy(
                "ansible_port of {name} is '{text}'; {mend}: a number from 1 to 65535.", name=name, text=text, mend=MEND
            )
        )
    return int(text)


def _gateway(name: str, arguments: Mapping[str, str]) -> str:
    """Return the command that stands between us and a board; %h and %p in it are for the board's address and port."""
    if jumps := next(_options(name, arguments, "proxyjump"), ""):
        *before, last = (hop.strip() for hop in jumps.split(","))
        over = f"-J {shlex.quote(','.join(before))} " if before else ""
        return f"ssh -o BatchMode=yes {over}-W [%h]:%p {shlex.quote(_as_address(last))}"
    return next(_options(name, arguments, "proxycommand"), "")


def _as_address(hop: str) -> str:
    """Write a hop as ssh takes the computer to log in to: with a port it is a URI there."""
    return hop if hop.startswith("ssh://") or not hop.rpartition(":")[2].isdecimal() else f"ssh://{hop}"


def _options(name: str, arguments: Mapping[str, str], wanted: str) -> Iterator[str]:
    """Go through the values of an option in the arguments of ssh, the one that counts first."""
    for setting, text in arguments.items():
        try:
            words = shlex.split(text)
        except ValueError as error:
            raise InventoryError(
                lazy(
                    "{setting} of {name} is '{text}' ({error}); {mend}.",
                    setting=setting,
                    name=name,
                    text=text,
                    error=error,
                    mend=MEND,
                )
            ) from error
        for key, value in _pairs(words):
            if key == wanted and value.lower() != "none":
                yield value


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """Read `-o Option=value`, `-oOption value` and `-J host`."""
    left = iter(words)
    for word in left:
        if word[:2] in ("-o", "-J"):
            value = word[2:] or next(left, "")
            option, _, of_option = value.replace(" ", "=", 1 if "=" not in value else 0).partition("=")
            yield ("proxyjump", value) if word.startswith("-J") else (option.strip().lower(), of_option.strip())


def _unknown(name: str, everything: Mapping[str, Any]) -> str:
    groups = [group for group in everything if group not in {"_meta", "all"}]
    names = [board.name for board in parse_listing(everything)]
    return lazy(
        "'{name}' is neither a board nor a group of the inventory; there are the boards {boards} and the "
        "groups {groups}.",
        name=name,
        boards=", ".join(names) or NONE,
        groups=", ".join(groups) or NONE,
    )
