"""`invoke share`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import complain, console, fail_unless, say_line, told
from fleet.errors import PlanError
from fleet.i18n import lazy, of_terminal
from fleet.places import ROOM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from invoke.context import Context

    from fleet.share.send import Sent
    from fleet.share.store import Store
    from fleet.tokens import Tokens

NOWHERE = lazy("Say where to share: invoke share --to FOLDER, or --to s3://bucket/prefix")


@task(
    klass=options.RunTask,
    help={
        "run": lazy("the name of a run; all that have ended if not given"),
        "to": lazy("a folder, such as that of a stick, or s3://bucket/prefix"),
        "dry-run": lazy("say what would go and how much it is, and change nothing"),
        "tokens": lazy("list the boards with the words that stand for them there; the list is for this room alone"),
    },
)
@told
def share(_: Context, run: str = "", *, to: str = "", dry_run: bool = False, tokens: bool = False) -> None:
    """Put the runs of this room, without names, where rooms share what they measured; each goes once.

    invoke share --to URL: all runs that are not there yet, to a folder, a stick or `s3://bucket/prefix`, without names,
    addresses and serials; `--dry-run`
    invoke share --tokens: which board has which word there
    """
    from fleet.share import key, send

    if tokens:
        _list(key.tokens(ROOM))
        return
    place = _place(to)  # before a key is made for nothing
    words = key.provisional(ROOM) if dry_run else key.tokens(ROOM)
    _tell(
        send.send(options.RESULTS, place, words, run, is_dry=dry_run), key.room_word(words) if key.is_in(ROOM) else ""
    )


def _place(url: str) -> Store:
    from fleet.share.store import open_store

    if not url:
        raise PlanError(NOWHERE)
    return open_store(url)


def _list(words: Tokens) -> None:
    from fleet.report.console import plain
    from fleet.share import key, send

    say = of_terminal()
    rows = [(say(lazy("(this room)")), key.room_word(words)), *send.tokens(options.RESULTS, words)]
    console().print(plain((say(lazy("board")), say(lazy("word"))), rows))


def _tell(sent: Iterable[Sent], room: str) -> None:
    """Print a line for each run as soon as it is known, and what went in all."""
    from fleet.share import send

    is_well = True
    gone: list[Sent] = []
    for each in sent:
        say_line(_line(each))
        complain(each.sentences)
        is_well &= not each.is_wrong
        if each.state in (send.SHARED, send.WOULD_GO):
            gone.append(each)
    say_line(_total(len(gone), f"{sum(each.size_bytes for each in gone):,}", room))
    fail_unless(is_well)


def _total(count: int, size: str, room: str) -> str:
    if room:
        return lazy("{count} runs, {size} bytes, as {room}", count=count, size=size, room=room)
    return lazy(
        "{count} runs, {size} bytes; this room gets its word with the first run, or by: invoke share --tokens",
        count=count,
        size=size,
    )


def _line(sent: Sent) -> str:
    if not sent.size_bytes:
        return lazy("{run}  {state}", run=sent.run, state=sent.state)
    return lazy(
        "{run}  {state}: {boards} boards, {size} bytes",
        run=sent.run,
        state=sent.state,
        boards=sent.boards,
        size=f"{sent.size_bytes:,}",
    )
