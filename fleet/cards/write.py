"""Writes a seat onto a card: everything is looked at first, and what makes the card count comes last."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.cards import card as cards
from fleet.cards import network_files
from fleet.cards import system as systems
from fleet.cards.formats.format import is_ours
from fleet.errors import CardError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fleet.cards.card import Card
    from fleet.cards.seat import Seat
    from fleet.cards.system import System

FOLDER = "pilab"
SEAT, DONE = f"{FOLDER}/seat", f"{FOLDER}/done.txt"
FIRST = Path(__file__).with_name("first.sh")
ANEW = lazy("write its system anew with Raspberry Pi Imager")


def put(card: Card, seat: Seat, *, force: bool = False) -> System:
    """Make a card that of a seat, and return its system; CardError if it cannot be, and nothing is changed."""
    system = systems.of_card(card)
    _see_that_it_is_free(card, system, seat, force=force)
    contents = files(seat, system)
    needed, free = cards.room_for(contents), card.free_bytes()
    if needed > free:
        raise CardError(
            lazy(
                "The card at {place} has {free} bytes free, and {needed} are needed: {anew}.",
                place=card.place,
                free=free,
                needed=needed,
                anew=ANEW,
            )
        )
    card.write(contents)
    return system


def _see_that_it_is_free(card: Card, system: System, seat: Seat, *, force: bool) -> None:
    """Refuse the card of another board, and one that a board has started from."""
    owner = owner_of(card)
    if card.read(DONE) is not None:
        raise CardError(
            lazy(
                "The card at {place} is {owner}'s, which has started from it: {anew}.",
                place=card.place,
                owner=owner,
                anew=ANEW,
            )
        )
    if owner and owner != seat.name and not force:
        raise CardError(
            lazy(
                "The card at {place} is {owner}'s; to make it {name}'s, type the command with --force.",
                place=card.place,
                owner=owner,
                name=seat.name,
            )
        )
    if not owner and systems.was_started(system) and not force:
        raise CardError(
            lazy(
                "A board has started from the card at {place} already: {anew}, or type the command with --force.",
                place=card.place,
                anew=ANEW,
            )
        )


def owner_of(card: Card) -> str:
    """Return whose card it is; nothing if it is nobody's."""
    lines = (card.read(SEAT) or "").splitlines()
    return next((line.removeprefix("name=") for line in lines if line.startswith("name=")), "")


def files(seat: Seat, system: System) -> Mapping[str, str]:
    """Write the files of a seat, in the order in which they are to be put; CardError if its system cannot have them.

    The last one is what its system looks for. All of them are new to it, as the number says.
    """
    instance = f"pilab-{seat.name}-{secrets.token_hex(4)}"
    own, last = dict(system.format.files(seat, instance)), {}
    if system.format.needs_cmdline:
        last = {"cmdline.txt": _cmdline(seat, system, instance)}
    elif system.cmdline:
        own = {"cmdline.txt": _cmdline(seat, system, instance), **own}
    return {**_of_first(seat, system), **own, **last}


def _cmdline(seat: Seat, system: System, instance: str) -> str:
    kept = [word for word in system.cmdline if not is_ours(word)]
    return " ".join([*kept, *system.format.words(seat, instance)]) + "\n"


def _of_first(seat: Seat, system: System) -> dict[str, str]:
    """Write what first.sh reads, and the script itself."""
    sudo = "asks" if seat.password_hash else "free"
    about = {"name": seat.name, "account": seat.account, "country": seat.country, "sudo": sudo}
    about["host_key"] = seat.host_key.public
    own = {
        SEAT: "".join(f"{key}={value}\n" for key, value in about.items()),
        f"{FOLDER}/authorized_keys": "".join(f"{key}\n" for key in seat.authorized_keys),
        f"{FOLDER}/ssh_host_ed25519_key": seat.host_key.private,
    }
    if seat.wifi and not system.format.spells(seat.wifi):
        own |= _here(network_files.of(seat.wifi, seat.country, system.format.mount))
    if seat.password_hash and not system.format.is_emptied:
        own |= _here({"password": f"{seat.account}:{seat.password_hash}\n"})
    return {**own, f"{FOLDER}/first.sh": FIRST.read_text(encoding="utf-8")}


def _here(named: Mapping[str, str]) -> dict[str, str]:
    """Put files into our folder of the card."""
    return {f"{FOLDER}/{name}": text for name, text in named.items()}
