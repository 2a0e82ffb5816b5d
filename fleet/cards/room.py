"""The seats of a room: the boards of the inventory, with what their cards need."""

from __future__ import annotations

import errno
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fleet import files
from fleet.cards import settings
from fleet.cards.seat import Seat
from fleet.errors import CardError, DiskError, InventoryError, PlanError
from fleet.i18n import lazy
from fleet.plugins import plugin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.boards.inventory import Board
    from fleet.boards.known_keys import KnownKeys
    from fleet.cards.keys import HostKeys

IS_HOSTNAME: Any = plugin("module_utils", "boards").is_hostname
# The ending by which a board is found on its network (RFC 6762); it is no part of its name.
LOCAL = ".local"
HASH_LIMIT_S = 30.0
# What useradd of Debian takes by itself, in letters that need no quotes anywhere.
ACCOUNT = "abcdefghijklmnopqrstuvwxyz0123456789_-"
LONGEST_ACCOUNT = 32
# Accounts and groups that a card has before its first start (Debian's base-passwd, and the groups of Raspberry Pi OS):
# useradd makes no account of such a name, and the board would let nobody in.
TAKEN = frozenset({
    "_apt", "adm", "audio", "backup", "bin", "cdrom", "daemon", "dialout", "dip", "disk", "fax", "floppy", "games",
    "gpio", "i2c", "input", "irc", "kmem", "list", "lp", "mail", "man", "netdev", "news", "nobody", "nogroup",
    "operator", "plugdev", "proxy", "render", "root", "sasl", "shadow", "spi", "src", "staff", "sudo", "sync", "sys",
    "tape", "tty", "users", "utmp", "uucp", "video", "voice", "www-data",
})  # fmt: skip
# openssl hashes that much of a password, and is silent about the rest.
LONGEST_PASSWORD_BYTES = 256


@dataclass(frozen=True)
class Room:
    """Where the keys of boards are kept, and what all of their cards share."""

    host_keys: HostKeys
    known_keys: KnownKeys
    authorized_keys: tuple[str, ...]
    wifi_password: str = ""
    password_hash: str = ""

    def seat(self, board: Board) -> Seat:
        """Put together what the card of a board needs; an error of ours says what is wrong with it."""
        chosen = settings.read(board.name, board.variables)
        name = name_of(board)
        return Seat(
            name=name,
            account=account_of(board),
            authorized_keys=self.authorized_keys,
            host_key=self.host_keys.of(name),
            timezone=settings.timezone(chosen),
            keyboard=settings.keyboard(chosen),
            country=chosen.card_country,
            password_hash=self.password_hash,
            wifi=settings.wifi(board.name, chosen, self.wifi_password),
        )

    def see_that_keys_can_be_kept(self) -> None:
        """Look before the first card is written; DiskError if there is no place for the keys of boards."""
        known = self.known_keys.path
        self.known_keys.names_of("")
        for path in (known.parent, *([known] if known.exists() else [])):
            if not os.access(path, os.W_OK):
                raise DiskError(files.sentence(PermissionError(errno.EACCES, os.strerror(errno.EACCES)), path))
        self.host_keys.see_that_they_can_be_kept()

    def keep(self, board: Board, seat: Seat) -> str:
        """Know a board by the key that is on its card; return what there is to say of it."""
        before = self.known_keys.key_of(board.name)
        self.host_keys.keep(seat.name, seat.host_key)
        self.known_keys.put(board.name, seat.host_key.public)
        is_new = before not in (None, seat.host_key.public)
        return lazy("It had another key until now, which counts no more.") if is_new else ""

    def has_card(self, board: Board) -> bool:
        """Tell whether a card was made for a board."""
        return self.host_keys.has(name_of(board))


def name_of(board: Board) -> str:
    """Return what a board calls itself; InventoryError if no computer can be called so."""
    name = board.name.removesuffix(LOCAL)
    if not IS_HOSTNAME(name):
        raise InventoryError(
            lazy(
                "No board can be called '{name}': use up to 63 letters, digits and hyphens, for example pi07, "
                "and write its address behind the name as ansible_host=...",
                name=board.name,
            )
        )
    return name


def account_of(board: Board) -> str:
    """Return the account that a board gets; InventoryError if it has none, or one that no board can have."""
    if not board.user:
        raise InventoryError(
            lazy(
                "{name} has no account: write ansible_user=NAME behind it in the inventory, or ansible_user: "
                "NAME in group_vars/all.yml for all boards.",
                name=board.name,
            )
        )
    letters = set(board.user) <= set(ACCOUNT) and board.user[0] not in "-0123456789"
    if not letters or len(board.user) > LONGEST_ACCOUNT:
        raise InventoryError(
            lazy(
                "The account '{user}' of {name} cannot be made: use up to {longest_account} small letters, "
                "digits, dashes and underscores, with a letter first.",
                user=board.user,
                name=board.name,
                longest_account=LONGEST_ACCOUNT,
            )
        )
    if board.user in TAKEN:
        raise InventoryError(
            lazy(
                "The account '{user}' of {name} cannot be made, since every card has an account or a group of that "
                "name already: choose another, for example teacher.",
                user=board.user,
                name=board.name,
            )
        )
    return board.user


def see(boards: Sequence[Board]) -> None:
    """Look at all seats before the first card: InventoryError or PlanError for what cannot be."""
    seen: dict[str, str] = {}
    for board in boards:
        name = name_of(board).lower()
        if name in seen:
            raise InventoryError(
                lazy(
                    "{seen} and {name} of the inventory would have one name, {same}; rename one.",
                    seen=seen[name],
                    name=board.name,
                    same=name,
                )
            )
        seen[name] = board.name
        account_of(board)
        settings.wifi(board.name, settings.read(board.name, board.variables), "as long as it need be")


def wants_wifi_password(boards: Sequence[Board]) -> bool:
    """Tell whether the password of a network has to be asked for."""
    return any(settings.wants_password(settings.read(board.name, board.variables)) for board in boards)


def hashed(password: str) -> str:
    """Return a password as a board keeps it (crypt(3), SHA-512 with a salt).

    PlanError for one that is empty, too long or has control characters, CardError if openssl does not hash it.
    """
    if not password or not password.isprintable():
        raise PlanError(lazy("The password of an account cannot be empty or have control characters."))
    if len(password.encode()) > LONGEST_PASSWORD_BYTES:
        raise PlanError(
            lazy(
                "The password of an account can have up to {most} bytes; choose a shorter one.",
                most=LONGEST_PASSWORD_BYTES,
            )
        )
    try:
        done = subprocess.run(
            ["openssl", "passwd", "-6", "-stdin"],
            input=password.encode(),
            capture_output=True,
            check=False,
            timeout=HASH_LIMIT_S,
        )
    except FileNotFoundError as error:
        raise CardError(
            lazy(
                "{program} is missing; install it with: {command}",
                program="openssl",
                command="sudo apt-get install openssl",
            )
        ) from error
    if done.returncode:
        raise CardError(
            lazy(
                "openssl could not hash the password: {why}.",
                why=done.stderr.decode(errors="replace").strip(),
            )
        )
    return done.stdout.decode().strip()
