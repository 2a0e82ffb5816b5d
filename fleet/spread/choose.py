"""Which boards can compute together, and why the others are left out; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.errors import PlanError
from fleet.i18n import lazy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fleet.boards.inventory import Board
    from fleet.spread.answer import Look

MEBI = 2**20
# A board has a worker, and one of them the scheduler with its client, too. At rest each takes 48 MiB (Dask 2022.12.1
# on Python 3.11, amd64), and 18 its guard; this leaves a third for chunks and for what a board does besides.
LEAST_AVAILABLE_BYTES = 192 * MEBI
PLAYBOOK = "ansible-playbook site.yml -e base_spread=true --limit"


@dataclass(frozen=True)
class Member:
    """A board that computes along."""

    board: Board
    processors: int
    additions_per_s: int
    is_simulated: bool
    agent_runs: bool


def unfit(name: str, facts: Look) -> str:
    """Return why a board cannot compute along by itself, in a sentence; nothing if it can."""
    if not facts.dask:
        return lazy("{board} has no Dask; it comes with: {command}", board=name, command=f"{PLAYBOOK} {name}")
    if not facts.additions_per_s:
        return lazy(
            "{board} lacks the program that adds; it comes with: {command}", board=name, command=f"{PLAYBOOK} {name}"
        )
    if facts.bench_runs:
        return lazy("{board} is being benched and was left alone; wait until that has ended.", board=name)
    if facts.available_bytes < LEAST_AVAILABLE_BYTES:
        return lazy(
            "{board} has {free} MB of memory free and Dask needs {least}; close what runs on it, or restart it.",
            board=name,
            free=facts.available_bytes // MEBI,
            least=LEAST_AVAILABLE_BYTES // MEBI,
        )
    return ""


def version(found: Mapping[str, Look]) -> str:
    """Return the version of Dask that most boards have, of several the newest; there is at least one board."""
    counts: Counter[str] = Counter(facts.dask for facts in found.values())
    return max(counts, key=lambda each: (counts[each], _numbers(each)))


def other_version(name: str, own: str, chosen: str) -> str:
    """Say why a board with another version is left out."""
    return lazy(
        "{board} has Dask {own} and the others {chosen}, which do not understand each other; boards with the same "
        "release of Raspberry Pi OS compute together.",
        board=name,
        own=own,
        chosen=chosen,
    )


def member(board: Board, facts: Look) -> Member:
    """Read what counts for the sum."""
    simulated = bool(facts.simulated or board.variables.get("board_simulated"))
    return Member(board, facts.cores, facts.additions_per_s, simulated, facts.agent_runs)


def enough(members: Sequence[Member]) -> None:
    """Refuse a room of one; PlanError says what to do."""
    if not members:
        raise PlanError(lazy("No board can compute along; what is said of each of them above mends that."))
    if len(members) == 1:
        raise PlanError(
            lazy(
                "Only {board} can compute along, and a sum is spread over two boards or more; add boards.",
                board=members[0].board.name,
            )
        )


def _numbers(text: str) -> list[int]:
    return [int("".join(filter(str.isdigit, part)) or 0) for part in text.split(".")]
