"""`invoke discover`."""

from __future__ import annotations

import json as jsons
from collections import Counter
from typing import TYPE_CHECKING

from invoke.tasks import task

from commands import options
from commands.output import LONGEST_ROW, complain, fail_unless, say_line, told
from fleet.boards import inventory
from fleet.i18n import lazy, noop
from fleet.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from invoke.context import Context

    from fleet.discovery.rows import Row
    from fleet.i18n import Language

SCHEMA = 1
STATES = {
    "moved": noop("moved"), "copied": noop("copied"), "unconfirmed": noop("key not known"),
    "not-found": noop("not found"), "new": noop("new"),
}  # fmt: skip


@task(
    klass=options.HelpTask,
    optional=["sweep"],
    help={
        "hosts": lazy("whose rows are shown; all boards and everybody new if not given"),
        "sweep": lazy("also ask every address of this computer's network, or of the one that is named, for ssh"),
        "write": lazy("write the addresses of boards that moved into the inventory"),
        "json": lazy("print rows as lines of JSON, for other programs"),
        "lang": options.LANG,
    },
)
@told
def discover(
    _: Context,
    *,
    hosts: str = "",
    sweep: str | bool | None = None,
    write: bool = False,
    json: bool = False,
    lang: str = "",
) -> None:
    """Find the boards in this network by their keys, wherever they are now.

    invoke discover: which boards are here, which moved, who is new, by their keys; `--write` has the inventory follow,
    `--sweep` asks every address, `--json`
    """
    from fleet.discovery import discover as discovery

    say = options.language(lang)
    boards = inventory.everybody()
    found = discovery.discover(boards, _network(sweep))
    rows = _of(hosts, found.rows)
    _show(rows, say, as_json=json)
    complain([say(note) for note in found.notes])
    written = _follow(boards, rows, say, as_json=json) if write else set()
    if not json:
        print(_summary(rows, written, say))
    fail_unless(all(row.state in ("here", "new") or row.name in written for row in rows))


def _of(hosts: str, rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the boards that were named; all if none was."""
    shown = {board.name for board in inventory.boards(hosts)} if hosts else {row.name for row in rows}
    return [row for row in rows if row.name in shown]


def _network(sweep: str | bool | None) -> str | None:  # noqa: FBT001 (as invoke gives an option whose value may be left out)
    """Return the network to sweep, "" for our own, None for none."""
    return sweep if isinstance(sweep, str) else "" if sweep else None


def _show(rows: Sequence[Row], say: Language, *, as_json: bool) -> None:
    """Print a row for every board, and for everybody new."""
    width = max((len(row.name or say("new")) for row in rows), default=0)
    wide = max((len(row.address) for row in rows), default=0)
    for row in rows:
        if as_json:
            told = {"schema": SCHEMA, "board": row.name, "state": row.state, "address": row.address, "was": row.was}
            print(jsons.dumps({**told, "sentence": str(row.sentence)}))  # escaped: a stranger's name may hold anything
        else:
            line = f"{row.name or say('new'):<{width}}  {row.address:<{wide}}  {say(row.sentence)}"
            print(visible(line.rstrip(), LONGEST_ROW))


def _follow(boards: Sequence[inventory.Board], rows: Sequence[Row], say: Language, *, as_json: bool) -> set[str]:
    """Have the inventory follow; return the boards whose address is right now."""
    from fleet.discovery import discover as discovery

    done = discovery.follow(boards, rows)
    if not as_json:
        for sentence in done:
            say_line(sentence, say)
    right = {board.name: board.address for board in inventory.everybody()} if done else {}
    return {row.name for row in rows if right.get(row.name) == row.address}


def _summary(rows: Sequence[Row], written: set[str], say: Language) -> str:
    """Count the rows by how boards were found; where the inventory followed a board, it is right now."""
    counts = Counter("here" if row.name in written else str(row.state) for row in rows)
    boards = sum(bool(row.name) for row in rows)
    first = say(lazy("{here} of {all} boards are where the inventory says.", here=counts["here"], all=boards))
    others = ", ".join(f"{say(words)}: {counts[state]}" for state, words in STATES.items() if counts[state])
    return f"{first} {others}".rstrip()
