"""Takes in boards that were not prepared: their key compared by a person, ours put there, the list of boards told."""

from __future__ import annotations

import getpass
import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fleet.boards import host_key, inventory, inventory_file, known_keys
from fleet.boards.inventory import Board
from fleet.boards.known_keys import KnownKeys, fingerprint
from fleet.boards.ssh import Link
from fleet.boards.sudo import for_root, wants_password
from fleet.discovery.discover import keys_of, readdress
from fleet.errors import OtherKeyError, PlanError, RefusedError
from fleet.i18n import lazy
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

GROUP = "lab"
# In the order in which ssh tries them (ssh_config(5), IdentityFile), without those that need a thing to touch.
OUR_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa")
# Idempotent; as ssh-copy-id does it, the key goes on a line of its own, whatever the last one ends with.
PUT_KEY = (
    "umask 077 && mkdir -p ~/.ssh && touch ~/.ssh/authorized_keys && "
    "{{ grep -qxF {key} ~/.ssh/authorized_keys || "
    '{{ [ -z "$(tail -c 1 ~/.ssh/authorized_keys)" ] || echo; echo {key}; }} >> ~/.ssh/authorized_keys; }} && '
    "grep -qxF {key} ~/.ssh/authorized_keys"
)
MOST_BYTES = 65536
FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
# What may stand behind ansible_host= in a list; a name or a number, of IPv6 too.
ADDRESS = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:%-]{0,250}[A-Za-z0-9.])?")
is_hostname: Callable[[str], bool] = plugin("module_utils", "boards").is_hostname


@dataclass(frozen=True)
class Answers:
    """What a person is asked: whether a fingerprint is the right one, and for the password of the boards, once."""

    is_right: Callable[[Board, str, str], bool]
    password: Callable[[], str]


@dataclass(frozen=True)
class Wish:
    """What was typed beside the board: a fingerprint from its screen, and whether a known key may be replaced."""

    fingerprint: str = ""
    again: bool = False


def enrol(board: Board, wish: Wish, answers: Answers) -> list[str]:
    """Take a board in; return what is to be known, the next step last.

    Nothing is written here, and nothing sent to the board, before its key has been compared. RemoteError if it does not
    let us in, PlanError if its key is not the right one, InventoryError or DiskError if that cannot be written down.
    """
    ours = our_key(board)
    shown = host_key.ask(board)
    _check_key(board, shown, wish, answers)
    with TemporaryDirectory() as folder:
        told = _prepared(_pinned(board, shown, Path(folder) / "known_hosts"), ours, answers)
    KnownKeys(_known_keys(board)).put(board.name, shown)
    written = _listed(board)
    return [*written, *told]


def _prepared(pinned: Board, ours: str, answers: Answers) -> list[str]:
    """Put our key on a board that does not have it, and say what is still to be done there."""
    try:
        if not _lets_us_in(pinned):
            with Link(pinned, login_password=answers.password()) as link:
                _put_key(link, ours)
        with Link(pinned) as link:
            return _looked_at(link)
    except OtherKeyError as error:
        raise PlanError(
            lazy(
                "{address} showed another key than a moment ago: somebody stands between, or two computers have "
                "this address; {name} was not taken in, and got no password.",
                address=pinned.address,
                name=pinned.name,
            )
        ) from error


def _pinned(board: Board, key: str, file: Path) -> Board:
    """Return a board that is known by one key only, whoever answers at its address meanwhile."""
    KnownKeys(file).put(board.name, key)
    return replace(board, known_hosts=str(file), key_alias=board.name, known_keys=str(file))


def our_key(board: Board) -> str:
    """Return the public half of the key that the boards are to take; PlanError if there is none."""
    home = Path("~/.ssh").expanduser()
    private = [Path(board.key_file).expanduser()] if board.key_file else [home / name for name in OUR_KEYS]
    found = next((path for each in private if (path := each.with_name(f"{each.name}.pub")).is_file()), None)
    if found is None:
        raise PlanError(
            lazy(
                "There is no public key {private}.pub to put on {name}; make a pair with: {command}",
                private=private[0],
                name=board.name,
                command=f"ssh-keygen -t ed25519 -f {shlex.quote(str(private[0]))}",
            )
        )
    words = found.read_text(encoding="utf-8", errors="replace").strip()
    if "\n" in words or not known_keys.FORMAT.is_key(" ".join(words.split()[:2])):
        raise PlanError(lazy("{path} is no public key; make a pair with: ssh-keygen -t ed25519", path=found))
    return words


def _check_key(board: Board, shown: str, wish: Wish, answers: Answers) -> None:
    """Have the key of a board compared, unless it is the one that it is known by; PlanError if it is not right."""
    known = _known(board)
    _check_owner(board, shown)
    if shown in known:
        return
    old = fingerprint(known[0]) if known else ""
    if known and not wish.again:
        raise PlanError(
            lazy(
                "{name} is known by the key {old}, and {address} shows {fingerprint}: if its card was written "
                "anew, add --again, else see who is there with: invoke discover",
                name=board.name,
                old=old,
                address=board.address,
                fingerprint=fingerprint(shown),
            )
        )
    if wish.fingerprint and wish.fingerprint != fingerprint(shown):
        raise PlanError(
            lazy(
                "{address} shows the key {fingerprint}, not {wished}: it is another computer, or somebody stands "
                "between; nothing was sent to it.",
                address=board.address,
                fingerprint=fingerprint(shown),
                wished=wish.fingerprint,
            )
        )
    if not wish.fingerprint and not answers.is_right(board, fingerprint(shown), old):
        raise PlanError(
            lazy(
                "{name} was not taken in: its key was not confirmed, and nothing was sent to it.",
                name=board.name,
            )
        )


def _check_owner(board: Board, shown: str) -> None:
    """Refuse a key that another board of the list has: PlanError."""
    owners = [name for name in KnownKeys(_known_keys(board)).names_of(shown) if name.lower() != board.name.lower()]
    if owners:
        raise PlanError(
            lazy(
                "{address} has the key of {owners}: it is that board, or a copy of its card, which must be "
                "written anew; see where everybody is with: invoke discover",
                address=board.address,
                owners=", ".join(owners),
            )
        )


def _known(board: Board) -> list[str]:
    """List the keys by which a board is known beside its list, or as ssh has it."""
    return known_keys.keys_in(_known_keys(board), board.name) or keys_of(board)


def _known_keys(board: Board) -> Path:
    return Path(board.known_keys) if board.known_keys else known_keys.beside_inventory()


def _lets_us_in(board: Board) -> bool:
    try:
        with Link(board):
            return True
    except OtherKeyError:
        raise
    except RefusedError:
        return False


def _put_key(link: Link, ours: str) -> None:
    """Put our key on a board; RefusedError in the board's own words if that does not work, as on a full disk."""
    done = link.run(PUT_KEY.format(key=shlex.quote(ours)), most_bytes=MOST_BYTES)
    if done.status:
        reason = next(iter(done.stderr.strip().splitlines()[-1:]), f"status {done.status}")
        raise RefusedError(
            lazy(
                "Our key cannot be put on {name}: {reason}; make room on its card, or write it anew.",
                name=link.board.name,
                reason=reason,
            )
        )


def _looked_at(link: Link) -> list[str]:
    """Say what stands between a board and `ansible-playbook site.yml`, and the next step."""
    name = link.board.name
    if link.run("python3 -c ''", most_bytes=MOST_BYTES).status:
        return [lazy("It has no python3: type sudo apt-get install python3 on it, then: {next}", next=_next(name))]
    asked = link.run(for_root("true"), most_bytes=MOST_BYTES)
    if not asked.status:
        return [lazy("It is ready; next: {next}", next=_next(name))]
    if wants_password(asked.stderr):
        return [lazy("Its sudo wants a password; next: {next}", next=f"{_next(name)} -K")]
    return [lazy("{user} may not use sudo on it: allow it there with: sudo adduser {user} sudo", user=link.board.user)]


def _next(name: str) -> str:
    return f"ansible-playbook site.yml --limit {name}"


def _listed(board: Board) -> list[str]:
    """Write a board into the list that has it, or into the one that people write; say what was done."""
    listed = {each.name: each.address for each in inventory.everybody()}
    if listed.get(board.name) == board.address:
        return []
    if board.name in listed:
        return readdress({board.name: board.address})
    path, usual = _people_write(), _fresh(board.name, board.address)
    account = board.user if board.user != usual.user else ""
    settings = {"ansible_host": board.address, "ansible_user": account}
    changed = _with_board(path, board.name, settings)
    kept = inventory_file.rewrite(path, changed, {board.name: board.address}, board.name)
    return [
        lazy("{file} has it now, in the group {group}; the old list is {kept}.", file=path, group=GROUP, kept=kept.name)
    ]


def listed(pattern: str, user: str, *, again: bool) -> list[Board]:
    """List the boards of a pattern whose key is not known yet, or all of them; InventoryError if there is none."""
    found = [_checked(replace(each, user=user or each.user or getpass.getuser())) for each in inventory.boards(pattern)]
    return [each for each in found if again or not _known(each)]


def one(name: str, address: str, user: str) -> Board:
    """Return a board at an address; PlanError if it cannot have its name or be there."""
    if not is_hostname(name):
        raise PlanError(
            lazy(
                "'{name}' cannot be the name of a board: write letters, digits and hyphens, at most 63.",
                name=name,
            )
        )
    if not ADDRESS.fullmatch(address):
        raise PlanError(
            lazy(
                "'{address}' is no address; write it like 192.168.1.151 or {name}.local.",
                address=address,
                name=name,
            )
        )
    there = inventory.everybody()
    _check_free(name, address, there)
    board = next((each for each in there if each.name == name), None) or _fresh(name, address)
    return _checked(replace(board, address=address, user=user or board.user or getpass.getuser()))


def _check_free(name: str, address: str, there: Sequence[Board]) -> None:
    """Refuse an address that another board of the list has: PlanError."""
    taken = next((each.name for each in there if each.address == address and each.name != name), "")
    if taken:
        raise PlanError(
            lazy(
                "{address} is the address of {taken} in the list of boards: correct that first, with 'invoke "
                "discover --write' if it has moved, else by hand.",
                address=address,
                taken=taken,
            )
        )


def _fresh(name: str, address: str) -> Board:
    """Return a board as the list would have it, if it stood in there: with the account and the key of its group."""
    path = _people_write()
    changed = _with_board(path, name, {"ansible_host": address})
    listing = inventory.parse_listing(inventory_file.tried(path, changed))
    found = next((each for each in listing if each.name == name), Board(name, address))
    return replace(found, known_keys=str(path.with_name(known_keys.FORMAT.FILE_NAME)))


def _with_board(path: Path, name: str, settings: Mapping[str, str]) -> str:
    """Return a list with a board more; PlanError if only people can write it."""
    text = inventory_file.text_of(path)
    changed = inventory_file.with_board(text, GROUP, name, settings)
    if changed is None:
        raise PlanError(
            lazy(
                "{path} can only be changed by you: write this board into its group {group}, then type the command "
                "again: {line}",
                path=path, group=GROUP, line=inventory_file.board_words(text, name, settings),
            )
        )  # fmt: skip
    return changed


def _people_write() -> Path:
    """Return the list that people write; PlanError if there is none."""
    found = inventory_file.sources()
    if not found:
        raise PlanError(
            lazy(
                "There is no list of boards; make {path} with a line [lab] in it.",
                path=known_keys.sources()[-1],
            )
        )
    return found[-1]


def _checked(board: Board) -> Board:
    """Return a board; PlanError if its list says itself how it is known, so that nothing of ours would be asked."""
    if not board.known_keys:
        raise PlanError(
            lazy(
                "The list of boards says itself how {name} is known: write its key into {known_hosts}, or take "
                "UserKnownHostsFile and HostKeyAlias out of its settings.",
                name=board.name,
                known_hosts=board.known_hosts,
            )
        )
    return board


def checked(wished: str, boards: Sequence[Board]) -> str:
    """Return a fingerprint as it was typed; PlanError if it is none, or meant for several boards."""
    if wished and len(boards) > 1:
        raise PlanError(lazy("--fingerprint is of one board; name one, with its address."))
    if wished and not FINGERPRINT.fullmatch(wished):
        raise PlanError(
            lazy(
                "--fingerprint is '{wished}'; give it as the board's screen shows it, SHA256 and 43 letters.",
                wished=wished,
            )
        )
    return wished
