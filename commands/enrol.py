"""`invoke enrol`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import LONGEST_ROW, SAY, end, say_line, told
from fleet.boards.outcome import Outcome, State, of_error
from fleet.errors import FleetError, PlanError, RemoteError
from fleet.i18n import lazy
from fleet.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoke.context import Context

    from fleet.boards.inventory import Board
    from fleet.discovery.enrol import Answers, Wish
    from fleet.i18n import Language

PASSWORD = lazy("Password of the boards: ")
SEEN_ON = "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"


@task(
    klass=options.EnrolTask,
    positional=["name", "address"],
    help={
        "name": lazy("what the board is called, as letters, digits and hyphens"),
        "address": lazy("where it is, as a number or a name"),
        "hosts": lazy("instead of both: boards of the inventory whose key is not known yet, as a group or a pattern"),
        "user": lazy("the account on the board; as the inventory has it if not given"),
        "fingerprint": lazy("what the board's own screen shows, SHA256:..., so that nobody is asked"),
        "again": lazy("replace the key that a board is known by, after its card was written anew"),
        "lang": options.LANG,
    },
)
@told
def enrol(  # noqa: PLR0913 (what a person may type)
    _: Context,
    name: str,
    address: str,
    *,
    hosts: str = "",
    user: str = "",
    fingerprint: str = "",
    again: bool = False,
    lang: str = "",
) -> None:
    """Take in boards that were not prepared: you compare their keys, and give their password once.

    invoke enrol pi12 192.168.1.151: shows the board's key to be compared, puts yours there, writes both down;
    `--fingerprint`, `--again`, `--user`
    invoke enrol --hosts lab: the same for every board of the inventory whose key is not known yet
    """
    from fleet.discovery import enrol as enrolment

    say = options.language(lang)
    chosen = enrolment.listed(hosts, user, again=again) if hosts else [enrolment.one(name, address, user)]
    wish = enrolment.Wish(enrolment.checked(fingerprint, chosen), again)
    answers = enrolment.Answers(_compare(say), _once(lambda: options.secret(say(PASSWORD))))
    outcomes = [_row(board, wish, answers, say) for board in chosen]
    end(outcomes)
    if not chosen:
        say_line(
            lazy("The keys of these boards are known; --again replaces those of cards that were written anew."), say
        )


def _row(board: Board, wish: Wish, answers: Answers, say: Language) -> Outcome:
    """Take in one board, and say what became of it before the next one is asked about."""
    from fleet.discovery import enrol as enrolment

    try:
        sentences = enrolment.enrol(board, wish, answers)
    except RemoteError as error:
        return of_error(board.name, error)
    except FleetError as error:
        return Outcome(board.name, State.FAILED, str(error))
    for sentence in sentences:
        SAY(visible(f"{board.name}  {say(sentence)}", LONGEST_ROW))
    return Outcome(board.name, State.OK)


def _compare(say: Language) -> Callable[[Board, str, str], bool]:
    """Return what has a person compare a fingerprint; PlanError if there is no terminal to ask on."""

    def is_right(board: Board, shown: str, known: str) -> bool:
        if not sys.stdin.isatty():
            raise PlanError(
                lazy(
                    "{address} shows the key {shown}; compare it with the board's own screen ({seen_on}), then "
                    "add: --fingerprint {shown}",
                    address=board.address,
                    shown=shown,
                    seen_on=SEEN_ON,
                )
            )
        if known:
            say_line(lazy("{name} was known by the key {known}.", name=board.name, known=known), say)
        say_line(lazy("{name} at {address} shows the key", name=board.name, address=board.address), say)
        SAY(visible(f"  {shown}"))
        say_line(lazy("On its own screen, this shows it: {command}", command=SEEN_ON), say)
        typed = input(say(lazy("Are they the same? Type yes, or paste what its screen shows: "))).strip()
        return typed == shown or typed.lower() in ("yes", say(lazy("yes")))

    return is_right


def _once(ask: Callable[[], str]) -> Callable[[], str]:
    """Return what asks once, and then remembers for as long as the command runs."""
    told: list[str] = []

    def answer() -> str:
        if not told:
            told.append(ask())
        return told[0]

    return answer
