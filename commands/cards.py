"""`invoke cards`: a card for each seat, before any board has started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import say_line, told
from fleet.boards import inventory
from fleet.errors import PlanError
from fleet.i18n import lazy, of_terminal
from fleet.places import ROOM

if TYPE_CHECKING:
    from invoke.context import Context

    from fleet.boards.inventory import Board
    from fleet.cards.order import Wish
    from fleet.cards.room import Room

LABELS = "labels.html"


@task(
    klass=options.HelpTask,
    help={
        "hosts": options.HOSTS,
        "to": lazy("write a folder for each board here, to be dragged on its card"),
        "watch": lazy("wait for cards that are put in and mounted, and write them one after the other"),
        "onto": lazy("write the next card, which is mounted at this path"),
        "into": lazy("write the card of one board into an image of a card"),
        "again": lazy("another card for this board, with the same host key"),
        "like": lazy("a card or image of the kind that folders are for"),
        "release": lazy("the release that folders are for, where none is shown with --like; trixie if not given"),
        "print": lazy("write {file}, a sheet of labels for the boards", file=LABELS),
        "force": lazy("also write a card of another board, and make cards for boards that have one"),
        "ask-password": lazy("ask once for a password of the account; sudo asks for it then"),
        "lang": lazy("language of the labels: en or ko; that of the terminal if not given"),
    },
)
@told
def cards(  # noqa: PLR0913 (what can be typed)
    _: Context,
    *,
    hosts: str = "lab",
    to: str = "",
    watch: bool = False,
    onto: str = "",
    into: str = "",
    again: str = "",
    like: str = "",
    release: str = "trixie",
    print_: bool = False,
    force: bool = False,
    ask_password: bool = False,
    lang: str = "",
) -> None:
    """Prepare a card for each board: name, account, your ssh key, Wi-Fi, and a host key that is known here.

    invoke cards --watch: waits for freshly written cards, one after the other, and makes each the next board's
    invoke cards --to cards/: a folder for each board, with the files to drag on `bootfs` of its card
    invoke cards --into FILE.img --hosts pi07: the same into an image of a card; `--onto PATH` onto one that is mounted
    invoke cards --again pi07 --watch: another card for the same board, with the same host key
    invoke cards --print: a sheet of labels for the boards, with a QR code of each name
    """
    from fleet.cards import room
    from fleet.cards.order import Maker, Wish

    wish = Wish(to, onto, into, watch, like, release, force, again)
    if not print_ or wish.targets:
        wish.check()
    boards = inventory.boards(again or hosts)
    room.see(boards)
    if print_:
        _print_labels(boards, lang)
    if not wish.targets:
        return
    maker = Maker(wish, _room(boards, wish, ask_password=ask_password), say_line)
    maker.make(boards)
    cards = lazy("1 card") if maker.made == 1 else lazy("{count} cards", count=maker.made)
    say_line(lazy("{cards}. Once the boards are on: {command}", cards=cards, command="ansible-playbook site.yml"))


def _print_labels(boards: list[Board], lang: str) -> None:
    from fleet.cards import labels

    path = labels.write(ROOM / LABELS, boards, options.language(lang))
    say_line(lazy("Labels: {path}", path=path))


def _room(boards: list[Board], wish: Wish, *, ask_password: bool) -> Room:
    """Put together what all cards share, and ask for what is secret."""
    from fleet.boards.known_keys import KnownKeys, beside_inventory
    from fleet.cards import keys, room

    if wish.again and len(boards) > 1:
        raise PlanError(
            lazy(
                "--again is '{again}', which are {count} boards; name one.",
                again=wish.again,
                count=len(boards),
            )
        )
    known = beside_inventory()
    key_files = {board.key_file for board in boards if board.key_file}
    password_hash = room.hashed(_asked(lazy("Password of the account on the boards"))) if ask_password else ""
    wifi = _asked(lazy("Password of the Wi-Fi")) if room.wants_wifi_password(boards) else ""
    return room.Room(
        keys.HostKeys(known.with_name(keys.FOLDER)),
        KnownKeys(known),
        keys.teachers(key_files, say_line),
        wifi,
        password_hash,
    )


def _asked(what: str) -> str:
    """Ask twice for what is not shown; PlanError where nobody can be asked, or the answers differ."""
    nobody = lazy(
        "There is no terminal to ask on ({what}); use one, or set card_wifi_password in group_vars/all.yml if it is "
        "that of the Wi-Fi.",
        what=what,
    )
    once = of_terminal()
    first = options.secret(once(lazy("{what}: ", what=what)), nobody)
    second = options.secret(once(lazy("{what}, again: ", what=what)), nobody)
    if first != second:
        raise PlanError(lazy("The two passwords differ; type the command again."))
    return first
