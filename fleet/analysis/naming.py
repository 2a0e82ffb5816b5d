"""How rows are named, and matched on other boards and in other runs: by their size too, where it was chosen; pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from fleet.analysis.condition import ANY_SIZE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from fleet.analysis.condition import Condition
    from fleet.analysis.summary import Row

BYTES = "bytes"
NAME_LETTERS = 32


def name(row: Row, among: Iterable[Row]) -> str:
    """Name what was run: by its lesson and question, and by its size where the others hold several."""
    named = f"{row.lesson} {short(row.experiment)}"
    return f"{named} {size(row)}" if len(sizes(among)[row.experiment]) > 1 else named


def short(program: str) -> str:
    """Return the name of a program as it fits beside a picture and into a table."""
    return program if len(program) <= NAME_LETTERS else f"{program[: NAME_LETTERS - 3]}..."


def sizes(rows: Iterable[Row]) -> dict[str, set[int]]:
    """Return the sizes of each program."""
    found: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        found[row.experiment].add(row.size)
    return found


def size(row: Row) -> str:
    """Write how much a run was."""
    return f"{row.size / 2**20:g} MiB" if row.size_unit == BYTES else f"{row.size:,} {row.size_unit}"


def sized(rows: Sequence[Row]) -> set[str]:
    """Name the programs of a board that did not find their sizes themselves: memory, and those that ran in several."""
    several = {experiment for experiment, its in sizes(rows).items() if len(its) > 1}
    return several | {row.experiment for row in rows if row.size_unit == BYTES}


def comparable(row: Row, among: Collection[str]) -> Condition:
    """Return what must be alike on two boards or in two runs: the size too, but only of programs among the sized."""
    return row.condition if row.experiment in among else row.condition._replace(size=ANY_SIZE)
