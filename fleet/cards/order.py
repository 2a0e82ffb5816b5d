"""What a person wants of `invoke cards`: one target, and the boards whose cards are to be made."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.cards import folder, watch, write
from fleet.cards import system as systems
from fleet.cards.card import ImageCard, MountedCard
from fleet.errors import CardError, PlanError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.boards.inventory import Board
    from fleet.cards.room import Room
    from fleet.cards.system import System

TARGETS = "--to FOLDER, --watch, --onto PATH or --into FILE.img"


@dataclass(frozen=True)
class Wish:
    """Where to, and how; empty where nothing was said."""

    to: str = ""
    onto: str = ""
    into: str = ""
    watch: bool = False
    like: str = ""
    release: str = systems.DEFAULT_RELEASE
    force: bool = False
    again: str = ""

    @property
    def targets(self) -> int:
        """How many places are named."""
        return sum(map(bool, (self.to, self.onto, self.into, self.watch)))

    def check(self) -> None:
        """See that one target is named; PlanError if not."""
        if self.targets != 1:
            raise PlanError(lazy("Say where the cards are, with one of {targets}.", targets=TARGETS))
        if self.like and not self.to:
            raise PlanError(lazy("--like is for --to; a card that is seen tells its system itself."))


class Maker:
    """Makes cards, and says of each what became of it."""

    def __init__(self, wish: Wish, room: Room, say: Callable[[str], None]) -> None:
        self._wish, self._room, self._say = wish, room, say
        self.made = 0

    def make(self, boards: Sequence[Board]) -> None:
        """Make a card for each board that has to have one; what goes wrong is an error of ours."""
        wish = self._wish
        self._room.see_that_keys_can_be_kept()
        if wish.to:
            self._folders(boards, Path(wish.to))
            return
        left = [board for board in boards if wish.again or wish.force or not self._room.has_card(board)]
        self._say_who_is_left_out(boards, left)
        if wish.watch:
            self._watch(left)
        else:
            self._one(left)

    def _say_who_is_left_out(self, boards: Sequence[Board], left: Sequence[Board]) -> None:
        have = len(boards) - len(left)
        if not left and have == 1:
            raise CardError(
                lazy(
                    "{name} has a card already; make another one for it, with the same host key, with --again {name}",
                    name=boards[0].name,
                )
            )
        if not left:
            raise CardError(
                lazy(
                    "All {have} boards have a card: list a new board in the inventory, or make another card of "
                    "one with --again {name}",
                    have=have,
                    name=boards[-1].name,
                )
            )
        if have:
            them = lazy("1 board has") if have == 1 else lazy("{count} boards have", count=have)
            self._say(lazy("{them} a card already, so the next one is that of {name}.", them=them, name=left[0].name))

    def _folders(self, boards: Sequence[Board], root: Path) -> None:
        system = _like(self._wish)
        for board in boards:
            seat = self._room.seat(board)
            made = folder.put(root, seat, system)
            self._done(f"{seat.name}  {made}", self._room.keep(board, seat))
        self._say(
            lazy(
                "Drag what is in a folder on the partition bootfs of a fresh card with {system}, replacing what "
                "is there.",
                system=system,
            )
        )

    def _one(self, left: Sequence[Board]) -> None:
        wish, board = self._wish, left[0]
        if wish.into and len(left) > 1:
            raise PlanError(
                lazy(
                    "An image is the card of one board, and {count} are named; name one with --hosts or --again.",
                    count=len(left),
                )
            )
        card = _image(Path(wish.into)) if wish.into else MountedCard(Path(wish.onto))
        self._put(board, card, _next(left[1:]))

    def _watch(self, left: Sequence[Board]) -> None:
        self._say(lazy("Put in the card of {name}. Ctrl-C ends this; what is written stays.", name=left[0].name))
        for board, after in zip(left, [*left[1:], None], strict=True):
            self._next(board, _next([after] if after else []))

    def _next(self, board: Board, after: str) -> None:
        """Wait for cards until one of them has become that of a board."""
        while True:
            card = watch.next_card(self._say)
            try:
                self._put(board, MountedCard(card.path), "")
            except CardError as error:
                self._say(lazy("{name}  not written: {error}", name=board.name, error=str(error)))
                watch.wait_until_out(card, self._say)
                continue
            out = lazy("Take it out.") if watch.let_go(card) else lazy("Eject it, then take it out.")
            self._say(_joined(out, after))
            watch.wait_until_out(card, self._say)
            return

    def _put(self, board: Board, card: MountedCard | ImageCard, after: str) -> None:
        seat = self._room.seat(board)
        system = write.put(card, seat, force=self._wish.force)
        written = lazy("{name}  written: {system}.", name=seat.name, system=system)
        self._done(written, self._room.keep(board, seat), after)

    def _done(self, *sentences: str) -> None:
        self.made += 1
        self._say(_joined(*sentences))


def _image(path: Path) -> ImageCard:
    """Take an image; PlanError for what is a card itself, or where one is mounted."""
    if path.is_dir() or path.is_block_device():
        raise PlanError(
            lazy(
                "--into is '{into}', which is no file: a card itself is written with --watch, or with --onto and the "
                "folder where its bootfs is mounted.",
                into=path,
            )
        )
    return ImageCard(path)


def _next(left: Sequence[Board]) -> str:
    """Say whose card is next, if there is one."""
    return lazy("Next is {name}.", name=left[0].name) if left else ""


def _joined(*sentences: str) -> str:
    """Say several sentences after each other."""
    named = {f"part{number}": each for number, each in enumerate(sentences) if each}
    template = " ".join(f"{{{name}}}" for name in named)
    return lazy(template, **named)


def _like(wish: Wish) -> System:
    """Find out which system folders are for."""
    if not wish.like:
        return systems.of_release(wish.release)
    path = Path(wish.like)
    return systems.of_card(MountedCard(path) if path.is_dir() else ImageCard(path))
