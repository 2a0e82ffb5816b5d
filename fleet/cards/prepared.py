"""An image that `invoke cards` has made the card of a board: whose it is, and with which of our keys it is opened."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet import files
from fleet.boards.known_keys import KnownKeys, beside_inventory
from fleet.cards import image, keys, programs, room, write
from fleet.cards import system as systems
from fleet.cards.card import ImageCard
from fleet.errors import CardError, InventoryError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.boards.inventory import Board
    from fleet.cards.image import Table
    from fleet.cards.system import System

AUTHORIZED = f"{write.FOLDER}/authorized_keys"
HOST_KEY = f"{write.FOLDER}/ssh_host_ed25519_key"
NETWORK = "network-config"
ROOT_WORD = "root=PARTUUID="


@dataclass(frozen=True)
class Prepared:
    """A card that no board has started from yet: its system, its board in the list, and what is secret on it."""

    table: Table
    system: System
    board: Board
    name: str
    account: str
    asks_for_sudo: bool
    key_file: Path
    known_hosts: Path
    # Lines that may be nowhere on the FAT partition once its first start is over.
    secrets: tuple[bytes, ...]

    @property
    def path(self) -> Path:
        """The image."""
        return self.table.path


def read(path: Path, boards: Sequence[Board]) -> Prepared:
    """Look at an image before it is started; CardError or InventoryError for one that cannot be tried."""
    table = image.read(path)
    image.see_that_nobody_writes(path)
    card = ImageCard(path)
    system = systems.of_card(card)
    _see_that_it_is_fresh(card)
    seat = _seat(card)
    image.see_that_it_has_64_bits(table)
    _see_that_it_finds_its_root(table, system)
    board = _board(path, seat["name"], boards)
    known_hosts = beside_inventory()
    _see_that_its_key_is_known(path, board, seat["host_key"], KnownKeys(known_hosts))
    lines = (card.read(AUTHORIZED) or "").splitlines()
    return Prepared(
        table, system, board, seat["name"], seat["account"], seat["sudo"] == "asks",
        _opening(path, board, lines), known_hosts, _secrets(card),
    )  # fmt: skip


def _see_that_it_is_fresh(card: ImageCard) -> None:
    if not write.owner_of(card):
        raise CardError(
            lazy(
                "{path} was not prepared, so nobody could log in to it; type: {command}",
                path=card.place, command=f"invoke cards --into {card.place} --hosts BOARD",
            )
        )  # fmt: skip
    if card.read(write.DONE) is not None:
        raise CardError(
            lazy(
                "A board has started from {path} already, and only a first start can be tried; take a fresh copy of "
                "the system's image, and type: {command}",
                path=card.place, command=again(write.owner_of(card), card.place),
            )
        )  # fmt: skip


def again(name: str, path: str | Path) -> str:
    """Write what to type to have a fresh image made the card of the same board."""
    return f"invoke cards --again {name} --into {path}"


def _seat(card: ImageCard) -> dict[str, str]:
    """Read what first.sh goes by."""
    words = (line.partition("=") for line in (card.read(write.SEAT) or "").splitlines())
    told = {key: value.strip() for key, _, value in words}
    if missing := [key for key in ("account", "host_key", "sudo") if not told.get(key)]:
        raise CardError(
            lazy(
                "{file} on {path} does not say {what}; make the card again: {command}",
                file=write.SEAT, path=card.place, what=missing[0], command=again(told["name"], card.place),
            )
        )  # fmt: skip
    return told


def _see_that_it_finds_its_root(table: Table, system: System) -> None:
    """Refuse a command line that names another partition than there is, from which a real board would not start."""
    named = next((word.removeprefix(ROOT_WORD) for word in system.cmdline if word.startswith(ROOT_WORD)), "")
    if named and named.lower() != table.root.identity:
        raise CardError(
            lazy(
                "cmdline.txt on {path} has root=PARTUUID={named}, and the partition of Linux is {found}: write that "
                "there, in /etc/fstab too, or take a fresh copy of the system's image.",
                path=table.path, named=named, found=table.root.identity,
            )
        )  # fmt: skip


def _board(path: Path, name: str, boards: Sequence[Board]) -> Board:
    found = next((each for each in boards if each.name.removesuffix(room.LOCAL).lower() == name.lower()), None)
    if found is None:
        raise InventoryError(
            lazy("{path} is the card of {name}, and the inventory has no such board; list it there.",
                 path=path, name=name)
        )  # fmt: skip
    return found


def _see_that_its_key_is_known(path: Path, board: Board, key: str, known: KnownKeys) -> None:
    if known.key_of(board.name) != key:
        raise CardError(
            lazy(
                "{path} has another host key than {known_hosts} has for {name}: a later card was made for it; take a "
                "fresh copy of the system's image, and type: {command}",
                path=path, known_hosts=known.path, name=board.name, command=again(board.name, path),
            )
        )  # fmt: skip


def _opening(path: Path, board: Board, authorized: Sequence[str]) -> Path:
    """Find the private key that the card lets in; CardError if it is none of ours, or if it has a passphrase."""
    allowed = {" ".join(line.split()[:2]) for line in authorized}
    there = [Path(board.key_file).expanduser()] if board.key_file else [home() / ".ssh" / each for each in keys.USUAL]
    found = next((each for each in there if _public(each) in allowed), None)
    if found is None:
        raise CardError(
            lazy(
                "None of your keys opens {path} ({keys}); name one with ansible_ssh_private_key_file, and make the "
                "card again: {command}",
                path=path, keys=", ".join(map(str, there)), command=again(board.name, path),
            )
        )  # fmt: skip
    if programs.run("ssh-keygen", "-y", "-P", "", "-f", str(found), package="openssh-client").returncode:
        raise CardError(
            lazy(
                "The key {key} has a passphrase, for which nobody is asked here; name one without with "
                "ansible_ssh_private_key_file, and make the card again: {command}",
                key=found, command=again(board.name, path),
            )
        )  # fmt: skip
    return found


def _public(private: Path) -> str:
    """Return the public part of a key, nothing if there is none."""
    beside = private.with_name(f"{private.name}.pub")
    if not beside.is_file():
        return ""
    with files.naming(beside):
        return " ".join(beside.read_text(encoding="utf-8", errors="replace").split()[:2])


def home() -> Path:
    """Return the home of whoever typed the command, also behind sudo: the keys are there."""
    typed_by = os.environ.get("SUDO_USER")
    if typed_by and os.geteuid() == 0:
        try:
            return Path(pwd.getpwnam(typed_by).pw_dir)
        except KeyError:
            pass
    return Path.home()


def _secrets(card: ImageCard) -> tuple[bytes, ...]:
    """List what nobody may read on the card afterwards: a line of the host key, and the keys of networks."""
    lines = [line for line in (card.read(HOST_KEY) or "").splitlines() if line and not line.startswith("-----")]
    # The first line of every such key begins alike; its last whole one has the secret half.
    secret = lines[-2:-1]
    network = [line for line in (card.read(NETWORK) or "").splitlines() if "password:" in line]
    return tuple(each.encode() for each in (*secret, *(line.partition("password:")[2].strip(' "') for line in network)))
