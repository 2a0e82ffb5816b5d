"""What the first start of a card came to, on an emulated Pi: a row for each thing that the card promised."""

from __future__ import annotations

import shlex
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.boards.inventory import Board
from fleet.boards.ssh import Link
from fleet.cards import prepared as prepared_cards
from fleet.cards import programs, write
from fleet.doctor import card as cards
from fleet.doctor import reach
from fleet.doctor.finding import Level, fault, typed
from fleet.errors import CardError, LimitError, RemoteError, UnreachableError
from fleet.i18n import lazy, noop

if TYPE_CHECKING:
    from fleet.cards.prepared import Prepared
    from fleet.doctor.finding import Finding
    from fleet.i18n import LazyText

# An emulated processor takes ten seconds for a log-in.
LOOK_LIMIT_S = 120.0
MOST_BYTES = 65536
ANSWER, NAME, ACCOUNT, ROOT = noop("answer"), noop("name"), noop("account"), noop("root")
NOTE, SECRETS, RESTART = noop("first start"), noop("secrets"), noop("restart")
# What a board says of itself, a line each.
ASKED = "hostname; cat /etc/hostname; id -un; id -Gn; sudo -n id -u 2>&1 | tail -n 1"
LINES = 5
SECRET = "card-secret"  # noqa: S105 (the code of a finding)
TRIES = 3
# From the first answer on; what is left to do then takes seconds on a board.
OVER_LIMIT_S = 600.0
PAUSE_S = 2.0


@dataclass(frozen=True)
class Row:
    """One thing that was looked at, and what is wrong with it; nothing, if it is as it should be."""

    what: str
    findings: tuple[Finding, ...] = ()

    @property
    def is_fine(self) -> bool:
        """Tell whether nothing is wrong."""
        return not any(each.level is Level.FAULT for each in self.findings)


@dataclass(frozen=True)
class Told:
    """What a board said of itself after its first start."""

    hostname: str
    written: str
    account: str
    groups: frozenset[str]
    root: str


def board_of(card: Prepared, address: str, port: int) -> Board:
    """Return the board of a card where it is emulated: by its own key, and with the key that the card lets in."""
    return Board(
        card.board.name, address, port, card.account, str(card.key_file), str(card.known_hosts),
        key_alias=card.board.name, known_keys=str(card.known_hosts),
    )  # fmt: skip


def begins(card: Prepared) -> LazyText:
    """Say what is about to start."""
    return lazy(
        "{path}: the card of {name} with {system}. Its first start on an emulated Pi takes minutes; the image itself "
        "is only read. The kernel is Debian's, and there is no Wi-Fi.",
        path=card.path, name=card.name, system=card.system,
    )  # fmt: skip


def wait_until_over(card: Prepared, board: Board) -> None:
    """Wait until the first start has come to its end, which is after the board first answers; not for ever.

    The last thing that is done to the card is that its board's address is noted.
    """
    over = f"grep -qs ^address {card.system.format.mount}/{write.DONE}"
    limit = time.monotonic() + OVER_LIMIT_S
    while time.monotonic() < limit:
        with suppress(RemoteError), Link(board) as link:
            if not link.run(over, limit_s=LOOK_LIMIT_S).status:
                return
        time.sleep(PAUSE_S)


def rows(card: Prepared, board: Board, bootfs: Path) -> list[Row]:
    """Look at a board after its first start, and at a copy of its FAT partition; a row for each thing."""
    try:
        told = ask(board)
    except RemoteError as error:
        return [Row(ANSWER, (reach.finding(error),)), *of_bootfs(card, bootfs)]
    return [Row(ANSWER), *of_told(card, told), *of_bootfs(card, bootfs)]


def silent(card: Prepared, bootfs: Path, why: str) -> list[Row]:
    """Say of a board that did not answer what its card tells of it."""
    return [Row(ANSWER, (fault("silent", why),)), *of_bootfs(card, bootfs)]


def ask(board: Board) -> Told:
    """Ask a board what it is; RemoteError if it does not say so, asked several times, as it may be very busy."""
    for _ in range(TRIES - 1):
        with suppress(UnreachableError, LimitError):
            return _asked(board)
    return _asked(board)


def _asked(board: Board) -> Told:
    with Link(board) as link:
        said = link.run(ASKED, limit_s=LOOK_LIMIT_S, most_bytes=MOST_BYTES)
    lines = [*said.stdout.splitlines(), *[""] * LINES][:LINES]
    return Told(lines[0], lines[1], lines[2], frozenset(lines[3].split()), lines[4])


def of_told(card: Prepared, told: Told) -> list[Row]:
    """Compare what a board says of itself with its card."""
    return [_row(NAME, _name(card, told)), _row(ACCOUNT, _account(card, told)), _row(ROOT, _root(card, told))]


def _row(what: str, found: Finding | None) -> Row:
    return Row(what, (found,) if found else ())


def _name(card: Prepared, told: Told) -> Finding | None:
    for called in (told.hostname, told.written):
        if called != card.name:
            return fault("trial-name", lazy("it calls itself {called}, not {name}", called=called, name=card.name))
    return None


def _account(card: Prepared, told: Told) -> Finding | None:
    if told.account != card.account:
        return fault(
            "trial-account", lazy("its account is {found}, not {account}", found=told.account, account=card.account)
        )
    if "sudo" not in told.groups:
        return fault("trial-groups", lazy("its account {account} is not in the group sudo", account=card.account))
    return None


def _root(card: Prepared, told: Told) -> Finding | None:
    is_root = told.root == "0"
    if is_root and card.asks_for_sudo:
        return fault("trial-sudo-free", lazy("sudo asks for no password, and the card says that it does"))
    if not is_root and not card.asks_for_sudo:
        return fault("trial-sudo", lazy("sudo does not work without a password ({said})", said=told.root))
    return None


def of_bootfs(card: Prepared, bootfs: Path) -> list[Row]:
    """Look at a copy of the FAT partition after the first start, as `invoke doctor --card` does, and at its bytes.

    CardError if it is no file system. What is secret is looked for once the start has come to its end.
    """
    with tempfile.TemporaryDirectory(prefix="pilab-") as folder:
        done = programs.run("mcopy", "-s", "-n", "-Q", "-i", str(bootfs), "::", folder, package="mtools")
        if done.returncode:
            raise CardError(lazy("{path} holds no FAT file system: {why}.", path=bootfs, why=programs.said(done)))
        found = [_with_image(card, each) for each in cards.diagnose(Path(folder))]
        is_over = Path(folder, write.DONE).exists()
    start = Row(NOTE, tuple(each for each in found if each.code != SECRET))
    left = [each for each in found if each.code == SECRET]
    return [start, Row(SECRETS, (*left, *_bytes_left(card, bootfs)))] if is_over else [start]


def _bytes_left(card: Prepared, bootfs: Path) -> list[Finding]:
    """Look for what was secret on the card, also where no file has it any more."""
    content = bootfs.read_bytes()
    if not any(secret in content for secret in card.secrets):
        return []
    sentence = lazy("the bytes of a secret are still on the FAT partition")
    return [_with_image(card, fault("trial-secret", sentence))]


def _with_image(card: Prepared, found: Finding) -> Finding:
    """Say how an image is mended, where a card would be written anew."""
    if found.level is Level.NOTE:
        return found
    command = prepared_cards.again(shlex.quote(card.name), shlex.quote(str(card.path)))
    return replace(found, fix=typed(command))


def not_again(why: str) -> Row:
    """Say that a board did not come up another time."""
    return Row(RESTART, (fault("trial-restart", why),))


def after_restart(card: Prepared, board: Board) -> Row:
    """See that a board has kept its name and its key over a start."""
    try:
        found = _name(card, ask(board))
    except RemoteError as error:
        return Row(RESTART, (reach.finding(error),))
    return _row(RESTART, found)
